import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Shell } from './cli.fixture.ts';

type Change = (request: IncomingMessage, body: Buffer) => Promise<Response>;
type Proxy = Awaited<ReturnType<typeof openProxy>>;

let enclave: Enclave;
let url: string;
let shell: Shell;
/** Ends TLS for the enclave, in a manner of speaking: its address is the enclave's public one. */
let proxy: Proxy;

beforeAll(async () => {
  proxy = await openProxy(async () => new Response());
  enclave = await startEnclave({ settings: { PRIVEXBOT_PUBLIC_URL: proxy.url } });
  url = await enclave.listen();
  shell = await Shell.open();
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await enclave[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

/** As the enclave itself answers. */
async function pass({ url: path = '/', method = 'GET' }: IncomingMessage, body: Buffer): Promise<Response> {
  const passed = await fetch(new URL(path, url), { method, ...(method === 'POST' && { body: new Uint8Array(body) }) });
  return new Response(await passed.arrayBuffer(), { status: passed.status });
}

interface Check {
  readonly id: string;
  readonly status: string;
}

function statusOf({ value }: { value: Readonly<Record<string, unknown>> }, id: string): string | undefined {
  return (value.checks as readonly Check[]).find((check) => check.id === id)?.status;
}

/** Somebody between the person and the enclave. */
async function openProxy(answer: Change) {
  const state = { answer };
  const listener: RequestListener = (request, response) => {
    void buffer(request)
      .then((body) => state.answer(request, body))
      .then(async (answered) =>
        response.writeHead(answered.status, [...answered.headers].flat()).end(Buffer.from(await answered.arrayBuffer())),
      )
      .catch(() => response.destroy());
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

test('the default start is simulated: every check in words, exit 3', async () => {
  const { code, stdout, stderr } = await shell.run('verify', url);
  expect(code).toBe(3);
  expect(stderr).toBe(`Simulated: no protected hardware answers at ${url}. It protects nothing.\n`);
  expect(stdout).toMatch(/^! Simulated: no protected hardware answers\. It protects nothing\. {2}http:/);
  expect(stdout).toContain('Checked by this computer at ');
  expect(stdout).toContain('\n✓ The evidence was made for this connection\n');
  expect(stdout).toContain('\n✓ The models that run inside are the ones that were measured\n');
  expect(stdout).toMatch(/\nIdentity key {3}[\w-]{43} /);
  expect(stdout).toMatch(/\nNot proven:\n- .*\n- /);
});

test('as JSON it is one object with the checks', async () => {
  const verified = await shell.json('verify', url);
  expect(verified).toMatchObject({ code: 3, value: { url, verdict: 'simulated', tee: 'tdx', environment: { isFirstUse: false } } });
  expect(statusOf(verified, 'identity')).toBe('passed');
  expect(statusOf(verified, 'report-data')).toBe('passed');
});

test('evidence is saved, and repeats the check without the network', async () => {
  await using other = await Shell.open();
  expect((await other.run('verify', url, '--save', 'evidence.json')).code).toBe(3);
  const offline = await other.json('verify-evidence', 'evidence.json');
  expect(offline).toMatchObject({ code: 3, value: { url, verdict: 'simulated', now: 'simulated' } });
  const { identityKey } = offline.value.environment as { identityKey: string };
  expect((await other.json('verify-evidence', 'evidence.json', '--identity', identityKey)).code).toBe(3);
  const foreign = await other.json('verify-evidence', 'evidence.json', '--identity', 'A'.repeat(43));
  expect([foreign.code, statusOf(foreign, 'identity')]).toEqual([1, 'failed']);
  const text = await readFile(join(other.folder, 'evidence.json'), 'utf8');
  await writeFile(join(other.folder, 'cut.json'), text.replace(/.{8}"\}/, '"}'));
  expect(await other.run('verify-evidence', 'cut.json')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('damaged') });
});

test('another identity than the one that is asked for is refused, with what to do', async () => {
  const { code, stdout, stderr } = await shell.run('verify', url, '--identity', 'A'.repeat(43));
  expect(code).toBe(1);
  expect(stdout).toMatch(/^× Not verified\. Do not send anything there\./);
  expect(stdout).toContain('\n× It is the environment you know\n');
  expect(stderr).toContain('ask whoever runs it for its identity key and name it once with --identity KEY');
});

test('an environment that changed since the last visit is refused by every command until its key is named', async () => {
  await using other = await Shell.open();
  await other.run('verify', url);
  const file = join(other.folder, 'config/privexbot/environments.json');
  const known = JSON.parse(await readFile(file, 'utf8')) as Record<string, { identityKey: string }>;
  const { identityKey } = known[url] ?? { identityKey: '' };
  await writeFile(file, JSON.stringify({ [url]: { ...known[url], identityKey: 'A'.repeat(43) } }));
  const refused = await other.json('login', '--url', url, '--email', 'a@b.example', '--password', 'correct horse battery', '--sign-up');
  expect(refused).toMatchObject({
    code: 1,
    value: { error: { code: 'not_verified', message: expect.stringContaining('--identity KEY') } },
  });
  expect((await other.run('verify', url, '--identity', identityKey)).code).toBe(3);
  expect((await other.run('verify', url)).code).toBe(3);
});

test('a simulated environment that was set up anew is forgotten with its login; one of real hardware is not', async () => {
  await using other = await Shell.open();
  const file = join(other.folder, 'config/privexbot/environments.json');
  const login = ['login', '--url', url, '--email', 'anew@b.example', '--password', 'correct horse battery'];
  await other.run(...login, '--sign-up');
  const change = async (more: object) => {
    const known = JSON.parse(await readFile(file, 'utf8')) as Record<string, object>;
    await writeFile(file, JSON.stringify({ ...known, [url]: { ...known[url], identityKey: 'A'.repeat(43), ...more } }));
  };
  await change({ wasVerified: true });
  const genuine = (await other.run('verify', url)).stderr;
  expect(genuine).toContain(file);
  expect(genuine).not.toContain('privexbot forget');
  expect(await other.run('forget', url)).toMatchObject({ code: 1, stderr: expect.stringContaining('verified on real hardware') });

  await change({ wasVerified: false });
  const { stderr } = await other.run('verify', url);
  expect(stderr).toContain(file);
  expect(stderr).toContain(`"privexbot forget ${url}"`);
  expect((await other.run('verify', url, '--identity', 'B'.repeat(43))).stderr).not.toContain('privexbot forget');
  expect((await other.json('forget', url)).value).toEqual({ url, forgotten: true, signedOut: true });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({});
  expect((await other.run('bot', 'create', '--name', 'X', '--url', url)).stderr).toContain('Not signed in');
  expect((await other.run(...login)).code).toBe(0);
});

test('whoever only carries sealed messages changes nothing; whoever changes the handshake is refused', async () => {
  proxy.answer = pass;
  expect((await shell.run('verify', proxy.url)).code).toBe(3);
  proxy.answer = async (request, body) => {
    const answer = new Uint8Array(await (await pass(request, body)).arrayBuffer());
    answer[200] = (answer[200] ?? 0) ^ 1;
    return new Response(answer);
  };
  const verified = await shell.json('verify', proxy.url);
  expect([verified.code, verified.value.verdict, statusOf(verified, 'report-data')]).toEqual([1, 'not-verified', 'failed']);
});

test('an address that the environment does not speak for is refused', async () => {
  await using other = await openProxy(pass);
  const verified = await shell.json('verify', other.url);
  expect([verified.code, verified.value.verdict, statusOf(verified, 'origin')]).toEqual([1, 'not-verified', 'failed']);
});

const OTHERS: [string, (request: IncomingMessage) => Response, RegExp][] = [
  ['another site', () => new Response('<html>', { status: 404 }), /is not PrivexBot, or something on the way/],
  ['a site that likes everything', () => new Response('<html>'), /is not PrivexBot/],
  [
    'an older server',
    ({ url: path }) => (path === '/v1/openapi.json' ? Response.json({ info: { title: 'PrivexBot' } }) : new Response('', { status: 404 })),
    /does not speak the sealed channel of this program\. Update/,
  ],
];
test.each(OTHERS)('%s is named as what it is', async (_, answer, sentence) => {
  proxy.answer = async (request) => answer(request);
  const { code, stdout, stderr } = await shell.run('verify', proxy.url);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(sentence);
});

test('a server that is not there is named', async () => {
  const { code, stderr } = await shell.run('verify', 'http://127.0.0.1:9');
  expect([code, stderr]).toEqual([
    1,
    'privexbot: There is no PrivexBot at http://127.0.0.1:9. Start it, or name another server with --url.\n',
  ]);
});
