import { expect, test } from 'vitest';
import { ChannelError, REFUSALS } from '../errors.ts';
import { CONTENT_TYPE } from '../protocol/constants.ts';
import { connectTo, echo, makeServer, ORIGIN, post, tokens, transportTo, URL_OF_CHANNEL } from '../test-environment.ts';
import type { ChannelServer } from './server.ts';

function sealedRequest(body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Request {
  return new Request(URL_OF_CHANNEL, { method: 'POST', headers: { 'content-type': CONTENT_TYPE }, body, duplex: 'half' } as RequestInit);
}

/** A server with one session, and the bytes of each request that was sent. */
async function recorded(server: ChannelServer, handler = echo) {
  const sent: Uint8Array<ArrayBuffer>[] = [];
  const channel = await connectTo(
    server,
    handler,
    {},
    {
      up(body) {
        sent.push(body);
        return body;
      },
    },
  );
  return { channel, sent };
}

async function codeOf(response: Response): Promise<unknown> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

test('a request delivered twice runs once', async () => {
  using server = makeServer();
  let runs = 0;
  const { channel, sent } = await recorded(server, async () => {
    runs++;
    return new Response('done');
  });
  await (await channel.fetch(post('/pay', 'once'))).text();
  const [, request] = sent;
  if (!request) throw new Error('nothing sent');
  const again = await Promise.all([1, 2, 3].map(() => server.handle(sealedRequest(request), echo).then(codeOf)));
  expect(again).toEqual([1, 2, 3].map(() => [400, 'record_refused']));
  expect(runs).toBe(1);
});

test('wrong key, number, flag, length, head and replay look alike from outside', async () => {
  using server = makeServer();
  const { channel, sent } = await recorded(server);
  await (await channel.fetch(post('/x', 'body'))).text();
  const [, request] = sent;
  if (!request) throw new Error('nothing sent');
  const frames = 1 + 1 + 16 + 4;
  for (let at = frames; at < request.length; at += 5) {
    const changed = request.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x11;
    expect(await codeOf(await server.handle(sealedRequest(changed), echo))).toEqual([400, 'record_refused']);
    const fresh = changed.slice();
    fresh[frames - 1] = 9;
    expect(await codeOf(await server.handle(sealedRequest(fresh), echo))).toEqual([400, 'record_refused']);
    expect((await server.handle(sealedRequest(request.slice(0, at)), echo)).status).toBe(400);
  }
  expect((await channel.fetch(post('/x', 'still works'))).status).toBe(200);
});

test('a request for one mounting path is refused at another', async () => {
  using server = makeServer({ path: '/channel' });
  using channel = await connectTo(server, echo, { url: `${ORIGIN}/other` });
  await expect(channel.fetch(post('/x', 'hi'))).rejects.toMatchObject({ code: 'record_refused', resend: 'same-key' });
});

test('64 parallel streams may arrive in any order; one far behind is refused and may be sent again as a new stream', async () => {
  using server = makeServer();
  const direct = transportTo(server, echo);
  const held: (() => void)[] = [];
  let isHolding = false;
  const transport = async (request: Request) => {
    if (isHolding) await new Promise<void>((resolve) => held.push(resolve));
    return direct(request);
  };
  using channel = await connectTo(server, echo, { transport });
  isHolding = true;
  const late = channel.fetch(post('/late', ''));
  while (held.length < 1) await new Promise(setImmediate);
  const answers = Array.from({ length: 64 }, (_, n) => channel.fetch(post(`/${n}`, '')));
  while (held.length < 65) await new Promise(setImmediate);
  for (const release of held.slice(1).reverse()) release();
  expect(await Promise.all(answers.map(async (answer) => ((await (await answer).json()) as { path: string }).path))).toEqual(
    Array.from({ length: 64 }, (_, n) => `/${n}`),
  );
  held[0]?.();
  await expect(late).rejects.toMatchObject({ code: 'record_refused', resend: 'same-key' });
  isHolding = false;
  expect((await channel.fetch(post('/late', ''))).status).toBe(200);
});

test('a retry after a lost answer is a new stream with other bytes', async () => {
  using server = makeServer();
  const sent: Uint8Array[] = [];
  const direct = transportTo(server, async (request) => new Response(request.headers.get('idempotency-key')));
  const transport = async (request: Request) => {
    const body = new Uint8Array(await request.clone().arrayBuffer());
    sent.push(body);
    const response = await direct(request);
    if (sent.length === 2) throw new TypeError('connection lost');
    return response;
  };
  using channel = await connectTo(server, echo, { transport });
  const retry = () => channel.fetch(post('/pay', 'x', { 'idempotency-key': 'k1' }));
  await expect(retry()).rejects.toMatchObject({ code: 'transport_failed', resend: 'same-key' });
  expect(await (await retry()).text()).toBe('k1');
  const [, first, second] = sent.map((body) => Buffer.from(body).subarray(18));
  expect(first?.readUInt32BE()).toBe(1);
  expect(second?.readUInt32BE()).toBe(2);
  expect(second?.subarray(13).equals(first?.subarray(13) ?? Buffer.of())).toBe(false);
});

test('parallel streamed answers stay apart', async () => {
  using server = makeServer({ coalesceMs: 0, suites: [2] });
  using channel = await connectTo(server, (request) => tokens(Number(new URL(request.url).searchParams.get('n'))), { suites: [2] });
  for (let round = 0; round < 3; round++) {
    const texts = Array.from({ length: 50 }, async (_, n) => (await channel.fetch(new Request(`${ORIGIN}/t?n=${n}`))).text());
    for (const [n, text] of (await Promise.all(texts)).entries()) expect(text.match(/token/g)?.length ?? 0).toBe(n);
  }
});

test('10,000 half-open handshakes stay within bounds and push out no session in use', async () => {
  using server = makeServer({ suites: [2], maxUnconfirmed: 500, maxSessions: 10 });
  using channel = await connectTo(server, echo, { suites: [2] });
  await channel.fetch(post('/x', 'hi'));
  let hello: Uint8Array<ArrayBuffer> | undefined;
  await connectTo(
    server,
    echo,
    { suites: [2] },
    {
      up(body) {
        hello = body;
        return body;
      },
    },
  );
  if (!hello) throw new Error('no hello');
  for (let n = 0; n < 10_000; n++) await server.openSession(hello);
  expect(server.size).toBeLessThanOrEqual(510);
  expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
});

test('a session that never opened a record is forgotten after half a minute', async () => {
  let now = 1_700_000_000_000;
  using server = makeServer({ now: () => new Date(now) });
  using channel = await connectTo(server);
  now += 30_001;
  await expect(channel.fetch(post('/x', 'hi'))).rejects.toMatchObject({ code: 'rehandshake' });
});

test('handshakes above the limit are told to come back', async () => {
  const gate = Promise.withResolvers<void>();
  const evidence = async (reportData: Uint8Array) => {
    await gate.promise;
    return new Uint8Array(reportData);
  };
  using server = makeServer({ maxHandshakes: 2, suites: [2], evidence });
  const waiting = [connectTo(server, echo, { suites: [2] }), connectTo(server, echo, { suites: [2] })];
  while (server.handshakes < 2) await new Promise(setImmediate);
  await expect(connectTo(server, echo, { suites: [2] })).rejects.toMatchObject({ code: 'busy', resend: 'same-key' });
  gate.resolve();
  expect(await Promise.all(waiting)).toHaveLength(2);
  expect(server.handshakes).toBe(0);
});

test.each([
  ['nothing', new Uint8Array()],
  ['an unknown kind', Uint8Array.of(9, 9, 9)],
  ['a length near the integer limit', Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff, 1, 2)],
  ['a session id that is too short', Uint8Array.of(1, 3, 1, 2, 3)],
])('%s is a malformed message', async (_name, body) => {
  using server = makeServer();
  expect(await codeOf(await server.handle(sealedRequest(body), echo))).toEqual([400, 'malformed_message']);
});

test('an endless hello is refused at its limit, without reading on', async () => {
  using server = makeServer();
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(4096));
    },
  });
  expect(await codeOf(await server.handle(sealedRequest(endless), echo))).toEqual([413, 'too_large']);
  expect(pulled).toBeLessThan(10);
});

test('a streamed upload reaches the handler as it comes, and fails there when it is too large', async () => {
  using server = makeServer({ maxRequestBytes: 100_000 });
  const handler = async (request: Request) => new Response(String((await request.arrayBuffer()).byteLength));
  using channel = await connectTo(server, handler, { streamUploads: true });
  const upload = (chunks: number) => {
    let left = chunks;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(10_000));
        else controller.close();
      },
    });
    return new Request(`${ORIGIN}/up`, { method: 'POST', body, duplex: 'half' } as RequestInit);
  };
  expect(await (await channel.fetch(upload(9))).text()).toBe('90000');
  await expect(channel.fetch(upload(11))).rejects.toMatchObject({ code: 'too_large', resend: 'no' });
});

test('an upload cut before its end fails in the handler and is refused', async () => {
  using server = makeServer();
  const handler = async (request: Request) => new Response(await request.text());
  const cut = { up: (body: Uint8Array<ArrayBuffer>, n: number) => (n === 0 ? body : body.slice(0, 66_000)) };
  using channel = await connectTo(server, handler, {}, cut);
  await expect(channel.fetch(new Request(`${ORIGIN}/up`, { method: 'POST', body: new Uint8Array(90_000) }))).rejects.toMatchObject({
    code: 'record_refused',
  });
});

test('only allowed headers cross, both ways, unless both sides agree on more', async () => {
  const handler = (request: Request) => {
    const headers = { 'set-cookie': 'a=b', 'x-internal': '1', etag: '"e"', 'x-more': request.headers.get('x-more') ?? 'none' };
    return Response.json([...request.headers.keys()], { headers });
  };
  const headers = { 'x-more': 'yes', cookie: 'c=d', accept: 'text/plain' };
  using server = makeServer();
  using channel = await connectTo(server, handler, { requestHeaders: ['x-more'], responseHeaders: ['x-more'] });
  const response = await channel.fetch(post('/x', 'b', headers));
  expect(await response.json()).toEqual(['accept', 'content-type']);
  expect([...response.headers.keys()].sort()).toEqual(['content-type', 'etag']);
  using agreeing = makeServer({ requestHeaders: ['x-more'], responseHeaders: ['x-more'] });
  using more = await connectTo(agreeing, handler, { requestHeaders: ['x-more'], responseHeaders: ['x-more'] });
  expect((await more.fetch(post('/x', 'b', headers))).headers.get('x-more')).toBe('yes');
});

test('a handler that fails half way leaves an answer without an end', async () => {
  using server = makeServer({ coalesceMs: 0 });
  let count = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    await new Promise(setImmediate);
    if (count++ < 3) controller.enqueue(new TextEncoder().encode('x'));
    else controller.error(new Error('model died'));
  };
  using channel = await connectTo(server, () => new Response(new ReadableStream({ pull })));
  const response = await channel.fetch(post('/x', ''));
  await expect(response.text()).rejects.toMatchObject({ code: 'truncated', resend: 'same-key' });
});

test("aborting a request stops the handler's stream", async () => {
  using server = makeServer({ coalesceMs: 0 });
  const cancelled = Promise.withResolvers<void>();
  const endless = () =>
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise(setImmediate);
        controller.enqueue(new Uint8Array(10));
      },
      cancel: () => cancelled.resolve(),
    });
  using channel = await connectTo(server, () => new Response(endless()));
  const response = await channel.fetch(post('/x', ''));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await cancelled.promise;
});

test('a closed channel sends nothing', async () => {
  using server = makeServer();
  const channel = await connectTo(server);
  channel.close();
  await expect(channel.fetch(post('/x', 'hi'))).rejects.toMatchObject({ code: 'closed', resend: 'yes' });
});

test('a routing hint stands in front of the session id', async () => {
  using server = makeServer({ routingHint: Uint8Array.of(0xaa, 0xbb) });
  using channel = await connectTo(server);
  expect([...channel.sessionId.subarray(0, 2)]).toEqual([0xaa, 0xbb]);
  expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
});

test('a page that speaks no channel is a failed transport, and its words are not repeated', async () => {
  const transport = async () => new Response('<html>captive portal secret</html>', { status: 511 });
  using server = makeServer();
  const error = await connectTo(server, echo, { transport }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'transport_failed' });
  expect(String(error)).not.toContain('portal');
});

test('no refusal that anybody on the way could write invites to send again without an idempotency key', async () => {
  using server = makeServer();
  for (const code of Object.keys(REFUSALS)) {
    const direct = transportTo(server, echo);
    let count = 0;
    const transport = (request: Request) => (count++ === 0 ? direct(request) : Promise.resolve(Response.json({ code }, { status: 503 })));
    using channel = await connectTo(server, echo, { transport });
    const error = await channel.fetch(post('/x', 'hi')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).not.toMatchObject({ resend: 'yes' });
  }
});
