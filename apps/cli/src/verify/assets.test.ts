import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { checkAssets } from './assets.ts';

const PAGES: Readonly<Record<string, string>> = {
  '/': '<title>PrivexBot',
  '/assets/app.js': 'run()',
  '/c/privexbot-verify': '<title>Chat',
};
const ASSETS = {
  '/': sha256('<title>PrivexBot'),
  '/assets/app.js': sha256('run()'),
  '/c/*': sha256('<title>Chat'),
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Serves the pages as they are, with some changed; undefined ends the connection. */
async function openServer(changed: Readonly<Record<string, string | number | undefined>> = {}) {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const content = path in changed ? changed[path] : (PAGES[path] ?? 404);
    if (content === undefined) response.destroy();
    else if (typeof content === 'number') response.writeHead(content).end();
    else response.end(content);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const CASES: [string, Parameters<typeof openServer>[0], object][] = [
  ['as the release lists them', {}, { status: 'passed', actual: '3 files as the release lists them' }],
  ['with another script', { '/assets/app.js': 'steal()' }, { status: 'failed', actual: '1 changed: /assets/app.js' }],
  ['with one missing', { '/c/privexbot-verify': 404, '/': 'x' }, { status: 'failed', actual: '1 changed: /; 1 missing: /c/*' }],
  ['by another address', { '/': 302 }, { status: 'unknown', actual: '1 not served now: /' }],
  ['by a server that breaks off', { '/': undefined }, { status: 'unknown' }],
];
test.each(CASES)('pages that are served %s', async (_, changed, expected) => {
  await using server = await openServer(changed);
  let done = 0;
  expect(await checkAssets(server.url, ASSETS, () => done++)).toMatchObject({ id: 'assets', ...expected });
  expect(done).toBe(3);
});

test('a release that lists no pages is a warning: nothing was compared', async () => {
  expect(await checkAssets('http://127.0.0.1:9', {}, () => expect.unreachable())).toMatchObject({ status: 'warned' });
});
