import { createClient, type Transport } from '@privexbot/sdk';
import { type InBot, publishBot } from '@privexbot/testing/desk.ts';
import { openSealed } from '@privexbot/testing/sealed.ts';
import { createStorage, type Enclave, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { AppError } from '../errors.ts';
import { rememberReceived } from './idempotency.ts';
import type { ChannelCaller } from './scope.ts';

const HOUR = 60 * 60 * 1_000;
/** What clients are told; the network leads it to wherever the server listens. */
const ORIGIN = 'http://127.0.0.1:4000';

interface Wish {
  key?: string;
  path?: string;
  method?: string;
  token?: string;
  channel?: ChannelCaller;
}

function requestOf({ key = 'k1', path = '/v1/things', method = 'POST', token, channel }: Wish = {}) {
  const headers = { 'idempotency-key': key, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return { request: new Request(ORIGIN + path, { method, headers }), channel };
}

function channelOf(id: number, device?: string): ChannelCaller {
  return { session: { id: new Uint8Array([id]) }, ...(device ? { device } : {}) } as unknown as ChannelCaller;
}

function open() {
  let at = 0;
  const once = rememberReceived(() => new Date(at));
  const send = (wish: Wish = {}, work: () => Promise<unknown> = async () => 'done') =>
    once(requestOf(wish), work).catch((error: unknown) => (error instanceof AppError ? error.code : 'thrown'));
  function advance(ms: number): void {
    at += ms;
  }
  return { send, advance };
}

test('a key works once: while its request runs, after it ended, and after it failed on the way', async () => {
  const { send } = open();
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = send({}, () => promise);
  expect(await send()).toBe('already_received');
  resolve('done');
  expect([await first, await send()]).toEqual(['done', 'already_received']);
  expect(await send({ key: 'k2' }, () => Promise.reject(new Error('halfway')))).toBe('thrown');
  expect(await send({ key: 'k2' })).toBe('already_received');
});

test.each(['rate_limited', 'busy', 'storage_full', 'unavailable'] as const)('what was refused as %s may run again', async (code) => {
  const { send } = open();
  expect(await send({}, () => Promise.reject(new AppError(code)))).toBe(code);
  expect([await send(), await send()]).toEqual(['done', 'already_received']);
});

test('a key counts for one caller, method and path; a new session of the same device or token is the same caller', async () => {
  const { send } = open();
  const others: Wish[] = [
    {},
    { method: 'PUT' },
    { path: '/v1/others' },
    { token: 'a' },
    { token: 'b', channel: channelOf(1) },
    { channel: channelOf(1) },
    { channel: channelOf(2) },
    { channel: channelOf(3, 'tablet') },
  ];
  for (const wish of others) expect(await send(wish)).toBe('done');
  for (const wish of others) expect(await send(wish)).toBe('already_received');
  expect(await send({ channel: channelOf(4, 'tablet'), token: 'new' })).toBe('already_received');
  expect(await send({ token: 'b', channel: channelOf(5) })).toBe('already_received');
});

test('what only reads is read as often as wished', async () => {
  const { send } = open();
  expect([await send({ method: 'GET' }), await send({ method: 'GET' })]).toEqual(['done', 'done']);
});

test.each(['', ' ', 'a b', 'é', 'x'.repeat(201)])('a key that is not 1 to 200 visible characters is refused: %j', async (key) => {
  const work = vi.fn();
  expect(await open().send({ key }, work)).toBe('bad_request');
  expect(work).not.toHaveBeenCalled();
});

test('keys are forgotten after a day, and the oldest when there are too many', async () => {
  const { send, advance } = open();
  await send();
  advance(24 * HOUR - 1);
  expect(await send()).toBe('already_received');
  advance(1);
  expect(await send()).toBe('done');
  for (let i = 0; i < 9_999; i++) await send({ key: `other-${i}` });
  expect(await send()).toBe('already_received');
  await send({ key: 'one-more' });
  expect(await send()).toBe('done');
});

let storage: Storage;
let enclave: Enclave;
let url: string;
/** What the network does with the answer to a sealed request. */
let onAnswer: ((response: Response) => Response) | undefined;
beforeAll(async () => {
  storage = await createStorage();
  await start();
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  enclave = await startEnclave({ storage, settings: { PRIVEXBOT_PUBLIC_URL: ORIGIN } });
  url = await enclave.listen();
}

const network: Transport = async (request) => {
  const { method, headers, signal } = request;
  const body = await request.arrayBuffer();
  const response = await fetch(`${url}/channel`, { method, headers, body, signal });
  if (new Uint8Array(body)[0] !== 1 || !onAnswer) return response;
  await response.arrayBuffer();
  return onAnswer(response);
};

/** Somebody at a browser: a device of its own, and one connection for all that follows. */
async function openBrowserOf(name: string) {
  const { transport } = await openSealed(ORIGIN, undefined, { transport: network });
  const client = createClient(transport);
  const body = { email: `${name}@example.com`, password: 'correct horse battery', organization: name };
  const { id: user, organizations } = await client.auth.signUp({ body });
  const [{ id: org, workspaces: [{ id: workspace = undefined } = {}] = [] } = { id: undefined }] = organizations;
  if (!org || !workspace) throw new Error('sign-up made no workspace');
  const { params } = await publishBot({ client, transport, user, org, workspace, email: body.email, password: body.password });
  return { client, params };
}

async function questionsOf({ client, params }: { client: ReturnType<typeof createClient>; params: InBot }): Promise<string[]> {
  const { items } = await client.bots.conversations({ params });
  const read = items.map(({ id }) => client.bots.conversation({ params: { ...params, conversation: id } }));
  return (await Promise.all(read)).flatMap(({ turns }) => turns.map(({ question }) => question));
}

test('a question that the network has sent again is answered once and stored once', async () => {
  const browser = await openBrowserOf('Replayed');
  const { client, params } = browser;
  // It reached the server, and whoever is on the way says that the session is over.
  onAnswer = () => {
    onAnswer = undefined;
    return Response.json({ code: 'rehandshake' }, { status: 409 });
  };
  await expect(client.bots.ask({ params, body: { question: 'Once?' } })).rejects.toMatchObject({
    code: 'already_received',
    status: 409,
    retry: false,
  });
  expect(await questionsOf(browser)).toEqual(['Once?']);
});

test('a restart of the server between two questions is not noticed by who asks', async () => {
  const browser = await openBrowserOf('Restarted');
  const { client, params } = browser;
  await Array.fromAsync(await client.bots.ask({ params, body: { question: 'Before?' } }));
  await enclave[Symbol.asyncDispose]();
  await start();
  const events = await Array.fromAsync(await client.bots.ask({ params, body: { question: 'After?' } }));
  expect(events.at(-1)).toMatchObject({ type: 'done' });
  expect((await questionsOf(browser)).sort()).toEqual(['After?', 'Before?']);
});
