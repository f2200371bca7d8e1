// What every endpoint has in common, on endpoints of the real contract with handlers of the test's own.
import { contract, type Endpoint, LIMITS } from '@privexbot/contract';
import { createChannel } from '@privexbot/testing/device.ts';
import { Hono } from 'hono';
import { beforeEach, expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { SealError } from '../keys/seal.ts';
import { rememberReceived } from './idempotency.ts';
import { RateLimiter } from './limits.ts';
import { listen } from './listen.ts';
import { type AllHandlers, type Env, mountAll } from './mount.ts';
import type { Identity, PublicScope } from './scope.ts';

const CANARY = 'the patient is ill';
const PAGE = '/v1/public/a-name';
const CONVERSATION = `${PAGE}/conversations/cnv_01jd0000000000000000000000`;

type TestHandler = (scope: PublicScope, input: { body?: unknown }) => unknown;

const channel = createChannel('http://127.0.0.1');
/** All that comes in came through the channel. */
const sealed = (app: Hono<Env>) => ({ fetch: (request: Request) => app.fetch(request, { channel }) });

const lines: { fields: Record<string, unknown>; message: string }[] = [];
const audited: { realm: string; action: string }[] = [];
let handlers: Record<string, TestHandler>;
let draining: AbortController;
beforeEach(() => {
  lines.length = audited.length = 0;
  handlers = {};
  draining = new AbortController();
});

/** The contract mounted, each endpoint `feature.name` served by `handlers`. */
function createTestApp(): Hono<Env> {
  const app = new Hono<Env>();
  const all = Object.entries(contract).map(([feature, endpoints]) => [
    feature,
    Object.fromEntries(
      Object.keys(endpoints).map((name) => [name, (scope: PublicScope, input: object) => handlers[`${feature}.${name}`]?.(scope, input)]),
    ),
  ]);
  const note = (fields: object, message: string) => void lines.push({ fields: fields as Record<string, unknown>, message });
  const identity: Identity = {
    async authenticate(request) {
      if (!request.headers.has('authorization')) throw new AppError('not_signed_in');
      return { user: 'usr_01jd0000000000000000000000', session: 'ses_01jd0000000000000000000000', facts: {} } as Awaited<
        ReturnType<Identity['authenticate']>
      >;
    },
    admit: () => Promise.resolve(),
    waysToProve: async () => [],
    findRole: async () => 'tier4',
    isSuspended: async () => false,
    isClosed: async () => false,
    hasWorkspace: async () => true,
    noteUse: () => undefined,
    isKnownDevice: async () => false,
  };
  mountAll(app, Object.fromEntries(all) as unknown as AllHandlers, {
    // Only refusals reach the database here.
    db: {
      heads: { changes: 0 },
      audit: async (realm: string, { action }: { action: string }) => void audited.push({ realm, action }),
    } as unknown as Database,
    identity,
    now: () => new Date(),
    limiter: new RateLimiter(() => new Date(0)),
    once: rememberReceived(() => new Date(0)),
    log: { debug: note, info: note, warn: note, error: note },
    draining: draining.signal,
    origin: () => 'http://127.0.0.1',
  });
  return app;
}

function get(path: string, init?: RequestInit): Promise<Response> {
  return Promise.resolve(createTestApp().request(`http://127.0.0.1${path}`, init, { channel }));
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; reference: string } };
  expect(response.headers.get('x-request-id')).toBe(error.reference);
  expect(error.reference).toMatch(/^[0-9a-f]{16}$/);
  return error.code;
}

const ask = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
  get(`${CONVERSATION}/messages`, { method: 'POST', body: body ?? null, headers, duplex: 'half' } as RequestInit);

test('every answer names its request, is kept by no cache, and the log names the same', async () => {
  handlers['publicChat.page'] = () => ({ any: 'thing' });
  const [first, second] = [await get(PAGE), await get(PAGE)];
  expect(first.headers.get('cache-control')).toBe('no-store');
  const ids = [first, second].map((response) => response.headers.get('x-request-id'));
  expect(new Set(ids).size).toBe(2);
  expect(lines.map(({ fields }) => fields.requestId)).toEqual(ids);
  expect(lines[0]?.fields).toMatchObject({ endpoint: 'GET /v1/public/:slug', status: 200 });
  expect(JSON.stringify(lines)).not.toContain('a-name');
});

test('an expected failure keeps its code, status and seconds to wait', async () => {
  handlers['publicChat.page'] = () => {
    throw new AppError('rate_limited', { seconds: 7 });
  };
  const response = await get(PAGE);
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('7');
  expect(await codeOf(response)).toBe('rate_limited');
});

test.each([
  ['an error', () => new Error(CANARY)],
  ['an error with a cause', () => new TypeError('x', { cause: new Error(CANARY) })],
  ['text', () => CANARY],
])('an unexpected failure says nothing but its reference, in the answer and in the log: %s', async (_, make) => {
  handlers['publicChat.page'] = () => Promise.reject(make());
  const response = await get(PAGE);
  expect(response.status).toBe(500);
  const text = await response.clone().text();
  expect(await codeOf(response)).toBe('internal');
  expect(text).not.toContain(CANARY);
  expect(lines.find(({ message }) => message === 'request failed')?.fields).toMatchObject({ code: 'internal' });
});

test('a tampered record is named to the organization it belongs to, whoever met it', async () => {
  const org = 'org_01jd0000000000000000000000';
  handlers['publicChat.page'] = () => {
    throw new SealError('x', { place: { table: 'bots', realm: org, id: 'bot_1', version: 1 } });
  };
  expect(await codeOf(await get(PAGE))).toBe('integrity_failed');
  expect(audited).toEqual([{ realm: org, action: 'refused.integrity_failed' }]);
});

test('a full disk is told from other failures', async () => {
  handlers['publicChat.page'] = () => Promise.reject(Object.assign(new Error(CANARY), { code: 'ENOSPC' }));
  expect(await codeOf(await get(PAGE))).toBe('storage_full');
});

test('what is not JSON, or not as the contract says, is refused with the field and without the value', async () => {
  expect(await codeOf(await ask(`{"question": ${CANARY}`))).toBe('bad_request');
  const response = await ask(JSON.stringify({ question: [CANARY] }));
  const text = await response.clone().text();
  expect(await codeOf(response)).toBe('bad_request');
  expect(text).toContain('"field":"question"');
  expect(text).not.toContain(CANARY);
  expect(await codeOf(await get('/v1/public/a-name/conversations/nonsense'))).toBe('not_found');
});

test('a JSON body over the limit is refused, however its length is told', async () => {
  const large = JSON.stringify({ question: 'x'.repeat(LIMITS.jsonBodyBytes) });
  expect(await codeOf(await ask(large, { 'content-length': `${large.length}` }))).toBe('too_large');
  expect(await codeOf(await ask(large, { 'content-length': '2' }))).toBe('too_large');
  const letters = JSON.stringify({ question: 'ü'.repeat(LIMITS.jsonBodyBytes * 0.6) });
  expect(await codeOf(await ask(letters))).toBe('too_large');
});

test('an endless body is refused once it passes the limit, and no longer read', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(64 * 1024).fill(32));
    },
  });
  expect(await codeOf(await ask(endless))).toBe('too_large');
  expect(pulled).toBeLessThan(25);
});

test('what comes in plain reaches no handler but those of plain endpoints', async () => {
  const names = Object.entries(contract).flatMap(([feature, all]) => Object.keys(all).map((name) => `${feature}.${name}`));
  const reached: string[] = [];
  for (const name of names) handlers[name] = () => void reached.push(name);
  for (const [feature, endpoints] of Object.entries(contract))
    for (const [name, { method, path, plain }] of Object.entries(endpoints) as [string, Endpoint][]) {
      const url = `http://127.0.0.1${path.replace(/:\w+/g, 'x')}`;
      const response = await createTestApp().request(url, { method, headers: { authorization: 'Bearer a-session' } });
      // The person of this test holds no API key.
      if (!plain || feature === 'openai') expect(await codeOf(response), `${feature}.${name}`).toMatch(/^(sealed_only|not_signed_in)$/);
    }
  expect(reached).toEqual(['auth.tokenKeys']);
});

test('an address that is none, and a page that fails, are answered with a request id as well', async () => {
  expect(await codeOf(await get('/v1/nothing'))).toBe('not_found');
  const app = createTestApp();
  app.get('/page', () => {
    throw new Error(CANARY);
  });
  const response = await app.request('/page');
  expect(await response.clone().text()).not.toContain(CANARY);
  expect(await codeOf(response)).toBe('internal');
});

test('while the server drains, new work is refused with a request id and the wish to try again', async () => {
  draining.abort();
  const response = await get(PAGE);
  expect(response.status).toBe(503);
  expect(await codeOf(response)).toBe('shutting_down');
});

test('events are streamed one by one, and a failure on the way is the last of them', async () => {
  handlers['publicChat.ask'] = async function* () {
    yield { type: 'text', text: 'one\ntwo' };
    throw new Error(CANARY);
  };
  const response = await ask('{"question":"x"}');
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const text = await response.text();
  const events = text
    .split('\n\n')
    .filter(Boolean)
    .map((frame) => JSON.parse(frame.slice('data: '.length)) as Record<string, unknown>);
  expect(events).toEqual([
    { type: 'text', text: 'one\ntwo' },
    expect.objectContaining({ type: 'failed', code: 'internal', reference: response.headers.get('x-request-id') }),
  ]);
  expect(text).not.toContain(CANARY);
});

test('when the reader leaves in the middle of a stream, its source is told and ended', async () => {
  const ended = Promise.withResolvers<boolean>();
  handlers['publicChat.ask'] = async function* ({ signal }) {
    try {
      for (let n = 0; ; n++) {
        yield { type: 'text', text: `${n}` };
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } finally {
      ended.resolve(signal.aborted);
    }
  };
  await using server = await listen(sealed(createTestApp()), { host: '127.0.0.1', port: 0 });
  const leaving = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.port}${CONVERSATION}/messages`, {
    method: 'POST',
    body: '{"question":"x"}',
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  expect(await ended.promise).toBe(true);
});

test('a server that closes finishes what is under way, and takes no more', async () => {
  const release = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  handlers['publicChat.page'] = async () => {
    begun.resolve();
    await release.promise;
    return { finished: true };
  };
  const server = await listen(sealed(createTestApp()), { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}${PAGE}`;
  const underWay = fetch(url);
  await begun.promise;
  draining.abort();
  const closed = server[Symbol.asyncDispose]();
  await expect(fetch(url)).rejects.toThrow();
  release.resolve();
  expect(await (await underWay).json()).toEqual({ finished: true });
  await closed;
});

test('a taken port and a foreign address are named with their settings', async () => {
  await using server = await listen(sealed(createTestApp()), { host: '127.0.0.1', port: 0 });
  await expect(listen(sealed(createTestApp()), { host: '127.0.0.1', port: server.port })).rejects.toThrow(
    /Port \d+ .* is taken. Set PRIVEXBOT_PORT/,
  );
  await expect(listen(sealed(createTestApp()), { host: '192.0.2.1', port: 0 })).rejects.toThrow(/PRIVEXBOT_HOST/);
});
