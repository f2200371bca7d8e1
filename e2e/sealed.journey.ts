// Somebody sits between browser and enclave, and then in the enclave's place.
import { connect } from '@privexbot/secure-channel';
import { openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { openSealed } from '@privexbot/testing/sealed.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { addText, openDesk, publishBot } from './desk.ts';
import { HELLO, type Kind, kindOf, openWire, type Passed, readableOf, SEALED, type Wire } from './wire.ts';

const QUESTION = 'How long is the notice period of zebras?';
const SENTENCE = 'The notice period of zebras is eleven weeks.';

let wire: Wire;
let server: Server;
let browser: TestBrowser;
let assets: Readonly<Record<string, string>>;
let slug = '';

beforeAll(async () => {
  await buildClients({ production: false });
  wire = await openWire();
  server = await startServer({ settings: { PRIVEXBOT_PUBLIC_URL: wire.url } });
  wire.target = server.url;
  browser = await openBrowser();
  using connection = await openSealed(server.url);
  assets = (await connection.check()).release?.assets ?? {};
  const desk = await openDesk(server);
  await addText(desk, 'Zebras', `${SENTENCE} It begins on the first of a month.`);
  ({ slug } = await publishBot(desk));
});
afterEach(() => {
  wire.tampering = undefined;
  wire.target = server.url;
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await wire[Symbol.asyncDispose]();
});

async function openChat(): Promise<Page> {
  const page = await browser.openPage();
  await page.goto(`${wire.url}/c/${slug}`);
  return page;
}

async function ask(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Ask a question' }).fill(QUESTION);
  await page.getByRole('textbox', { name: 'Ask a question' }).press('Enter');
}

function ofKind(kind: Kind): Passed[] {
  return wire.passed.filter((passed) => kindOf(passed, assets) === kind);
}

test('a visitor’s chat passes as sealed posts: no header, body, answer or path of it can be read on the way', async () => {
  wire.passed.length = 0;
  const page = await openChat();
  await ask(page);
  await page.getByRole('button', { name: /^Source 1/ }).waitFor();
  await page.getByRole('button', { name: /^Source 1/ }).click();
  await page.getByRole('dialog', { name: 'Passage' }).locator('mark').waitFor();
  await takeScreenshot(page, 'sealed-1-chat');

  const kinds = Map.groupBy(wire.passed, (passed) => kindOf(passed, assets));
  console.log(`the wire saw: ${[...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ')}`);
  expect(kinds.get('foreign')?.map(({ method, path }) => `${method} ${path}`)).toBeUndefined();
  expect(kinds.get('sealed')?.length).toBeGreaterThan(3);
  expect(kinds.get('handshake')?.length).toBeGreaterThan(0);
  for (const passed of [...ofKind('sealed'), ...ofKind('handshake')])
    for (const word of ['zebras', 'eleven', '/v1/public', 'authorization', 'Bearer ', 'conversation', slug])
      expect(readableOf(passed)).not.toContain(word);
});

test('a sealed request that is sent again is refused, and nothing happens twice', async () => {
  const sealed = ofKind('sealed');
  for (const { body } of sealed) {
    const again = await fetch(`${server.url}/channel`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.privexbot.channel' },
      body: new Uint8Array(body),
    });
    expect([again.status, await again.json()]).toEqual([400, { code: 'record_refused' }]);
  }
  expect(sealed.length).toBeGreaterThan(2);
});

test('who puts a key of its own into the handshake gets nothing, and the screen says why', async () => {
  const own = await keyShareOfAnother();
  wire.passed.length = 0;
  wire.tampering = { up: (body, path) => (path === '/channel' && body[0] === HELLO ? withKeyShare(body, own) : body) };
  const page = await openChat();
  await page.getByRole('alert').waitFor();
  await page.getByRole('textbox', { name: 'Ask a question' }).fill(QUESTION);
  await takeScreenshot(page, 'sealed-2-swapped-key');
  expect(await page.getByRole('alert').innerText()).toContain('Somebody may stand between you and the server.');
  await page.getByRole('textbox', { name: 'Ask a question' }).press('Enter');
  expect(await page.getByRole('textbox', { name: 'Ask a question' }).inputValue()).toBe(QUESTION);
  expect(ofKind('sealed')).toEqual([]);
  await recover(page);
});

test('an answer that was changed or cut on its way is thrown away, and the question is kept', async () => {
  for (const down of [flipped, cut]) {
    const page = await openChat();
    await page.getByText('What would you like to know?').waitFor();
    wire.tampering = { down: (answer, path, asked) => (path === '/channel' && asked[0] === SEALED ? down(answer) : answer) };
    await ask(page);
    await page.getByText(QUESTION).waitFor();
    await page.getByText('The answer was changed or cut on its way').waitFor();
    await takeScreenshot(page, `sealed-3-${down.name}`);
    expect(await page.getByText(SENTENCE).count()).toBe(0);
    wire.tampering = undefined;
  }
});

test('another enclave of the same release at the same address is refused by whoever was there before; it gets hellos only', async () => {
  const page = await openChat();
  await page.getByText('What would you like to know?').waitFor();
  await using other = await startServer({ settings: { PRIVEXBOT_PUBLIC_URL: wire.url } });
  wire.target = other.url;
  wire.passed.length = 0;
  await page.reload();
  await page.getByRole('alert').waitFor();
  await page.getByText('Another environment answers at this address').waitFor();
  await takeScreenshot(page, 'sealed-4-another-enclave');
  expect(ofKind('sealed')).toEqual([]);
  expect(ofKind('handshake').length).toBeGreaterThan(0);
});

/** The page is as good as new once nobody interferes. */
async function recover(page: Page): Promise<void> {
  wire.tampering = undefined;
  await page.getByRole('button', { name: 'Check again' }).first().click();
  await page.getByRole('textbox', { name: 'Ask a question' }).press('Enter');
  await page.getByRole('button', { name: /^Source 1/ }).waitFor();
}

/** Where a hello's key shares lie: docs/secure-channel.md §3, after the kind and three fields with their lengths. */
const SHARE_AT = 1 + (4 + 19) + (4 + 2) + (4 + 32) + 4;
const SHARE_BYTES = 1216;

function withKeyShare(hello: Buffer, share: Uint8Array): Buffer {
  const changed = Buffer.from(hello);
  changed.set(share, SHARE_AT);
  return changed;
}

async function keyShareOfAnother(): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const transport = async (request: Request) => {
    resolve(new Uint8Array(await request.arrayBuffer()).subarray(SHARE_AT, SHARE_AT + SHARE_BYTES));
    return new Response(null, { status: 503 });
  };
  await connect({ url: `${wire.url}/channel`, transport, verify: () => Promise.reject(new Error('nobody answers')) }).catch(
    () => undefined,
  );
  return promise;
}

function flipped(answer: Buffer): Buffer {
  const changed = Buffer.from(answer);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

function cut(answer: Buffer): Buffer {
  return answer.subarray(0, answer.length - 20);
}
