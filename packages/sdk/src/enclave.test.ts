import { keyWords } from '@privexbot/attestation';
import { expect, test, vi } from 'vitest';
import { createClient } from './client.ts';
import { type EnclaveOptions, openEnclave } from './enclave.ts';
import { NotVerifiedError } from './not-verified.ts';
import { memoryPins } from './pins.ts';
import { ORIGIN, openSimulatedEnclave, type SimulatedEnclave } from './simulated-enclave.fixture.ts';

const MINUTE = 60_000;

function connectTo({ url, anchors, transport, now }: SimulatedEnclave, options: Partial<EnclaveOptions> = {}) {
  return openEnclave({ url, anchors, transport, now, allowSimulated: true, ...options });
}

function get(path: string): Request {
  return new Request(`http://anything.example${path}`);
}

function post(body: string, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  return new Request('http://anything.example/v1/x', { method: 'POST', body, headers, ...(signal && { signal }) });
}

async function refusal(work: Promise<unknown>): Promise<NotVerifiedError> {
  const error = await work.catch((caught: unknown) => caught);
  if (!(error instanceof NotVerifiedError)) throw new Error(`expected NotVerifiedError, not ${error}`);
  return error;
}

function failed({ verdict }: NotVerifiedError): string[] {
  return verdict.checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
}

test('nothing happens before the first request, which opens one session for all that come with it', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave);
  expect([enclave.seen.hellos, connection.last]).toEqual([0, undefined]);
  const answers = await Promise.all(['/a', '/b', '/c'].map(async (path) => (await connection.transport(get(path))).json()));
  expect(answers).toMatchObject([{ path: '/a', method: 'GET' }, { path: '/b' }, { path: '/c' }]);
  expect(enclave.seen).toMatchObject({ hellos: 1, sealed: 3 });
  expect(connection.last).toMatchObject({ verdict: 'simulated', tee: 'tdx' });
  expect(await connection.check()).toBe(connection.last);
  expect(enclave.seen.hellos).toBe(1);
});

test('a simulated environment is refused where simulation is not allowed: it got the hello and nothing else', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave, { allowSimulated: false });
  const error = await refusal(connection.transport(post('secret')));
  expect(failed(error)).toEqual(['simulation']);
  expect(error.message).toContain('nothing was sent to it. Not passed: “Real hardware answers, not a simulation”');
  expect(enclave.seen).toMatchObject({ hellos: 1, sealed: 0 });
});

test('without the development root nothing is verified, and the message names what did not pass in words', async () => {
  using enclave = await openSimulatedEnclave();
  const { anchors: _, ...options } = { url: enclave.url, anchors: enclave.anchors, transport: enclave.transport, now: enclave.now };
  using connection = openEnclave({ ...options, allowSimulated: true });
  const error = await refusal(connection.check());
  expect(failed(error)).toContain('chain');
  expect(error.message).toContain('nothing was sent to it. Not passed: “The signing certificate is of a genuine processor”');
  expect(connection.last).toBe(error.verdict);
  expect(enclave.seen.sealed).toBe(0);
});

test('both ends of a session know its three words', async () => {
  const heard: string[] = [];
  using enclave = await openSimulatedEnclave({
    handler: async (_request, session) => {
      heard.push(await keyWords(session.export('words', 32)));
      return new Response();
    },
  });
  using connection = connectTo(enclave);
  await connection.transport(get('/a'));
  const before = await connection.words();
  await connection.recheck();
  await connection.transport(get('/a'));
  expect(heard).toEqual([before, await connection.words()]);
  expect(heard[0]).toMatch(/^[a-z]+ [a-z]+ [a-z]+$/);
});

test('a failed check is made anew by the next request', async () => {
  using enclave = await openSimulatedEnclave({ collateral: { status: 'Revoked' } });
  using connection = connectTo(enclave);
  expect(failed(await refusal(connection.check()))).toContain('tcb-status');
  enclave.state.collateral = {};
  expect((await connection.transport(get('/a'))).status).toBe(200);
});

test('the typed client hands on why nothing was sent', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave, { allowSimulated: false });
  await refusal(createClient(connection.transport).auth.me());
});

test('headers of the connection go inside the channel, and the outer message carries none of them', async () => {
  using enclave = await openSimulatedEnclave({ handler: (request) => new Response(request.headers.get('authorization')) });
  const outer: Headers[] = [];
  enclave.state.tap = (request, pass) => {
    outer.push(request.headers);
    return pass(request);
  };
  using connection = connectTo(enclave, { headers: { authorization: 'Bearer pxb_secret' } });
  expect(await (await connection.transport(get('/a'))).text()).toBe('Bearer pxb_secret');
  expect(outer).toHaveLength(2);
  for (const headers of outer) expect([...headers.keys()]).toEqual(['content-type']);
});

test('after a restart of the server safe requests and keyed ones are sent again, in a new session', async () => {
  const keys: (string | null)[] = [];
  using enclave = await openSimulatedEnclave({
    handler: async (request) => {
      keys.push(request.headers.get('idempotency-key'));
      return new Response(await request.text());
    },
  });
  using connection = connectTo(enclave);
  await connection.transport(get('/a'));
  enclave.restart();
  expect((await connection.transport(get('/a'))).status).toBe(200);
  enclave.restart();
  expect(await (await connection.transport(post('twice', { 'idempotency-key': 'k1' }))).text()).toBe('twice');
  expect(keys).toEqual([null, null, 'k1']);
  expect(enclave.seen.quotes).toBe(3);
});

test('a request without a key, which may have arrived, is not sent again; the next one is answered', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave);
  await connection.transport(get('/a'));
  enclave.restart();
  const { sealed } = enclave.seen;
  await expect(connection.transport(post('once'))).rejects.toMatchObject({ name: 'ChannelError', code: 'rehandshake' });
  expect(enclave.seen.sealed - sealed).toBe(1);
  expect(await (await connection.transport(post('once'))).json()).toMatchObject({ body: 'once' });
});

test('after a rest the session is tried first, so that a restart costs no request', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave);
  await connection.transport(get('/a'));
  enclave.restart();
  enclave.state.aheadMs += 2 * MINUTE;
  expect(await (await connection.transport(post('once'))).json()).toMatchObject({ body: 'once' });
});

test('whoever answers “rehandshake” to everything is not obeyed for ever', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave);
  await connection.check();
  enclave.state.tap = async (request, pass) => {
    const body = new Uint8Array(await request.clone().arrayBuffer());
    return body[0] === 1 ? Response.json({ code: 'rehandshake' }, { status: 409 }) : pass(request);
  };
  await expect(connection.transport(get('/a'))).rejects.toMatchObject({ code: 'rehandshake' });
  expect(enclave.seen.hellos).toBeLessThan(8);
});

test('a server that is busy is asked again', async () => {
  using enclave = await openSimulatedEnclave();
  let busy = 2;
  enclave.state.tap = async (request, pass) => (busy-- > 0 ? Response.json({ code: 'busy' }, { status: 503 }) : pass(request));
  using connection = connectTo(enclave);
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    let status = 0;
    void connection.transport(post('x')).then((response) => {
      status = response.status;
    });
    for (; status === 0; await new Promise((resolve) => setImmediate(resolve))) await vi.advanceTimersByTimeAsync(100);
    expect(enclave.seen).toMatchObject({ hellos: 1, sealed: 1 });
  } finally {
    vi.useRealTimers();
  }
});

test('a session that rested is resumed without new evidence; after five hours there is new evidence', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave);
  await connection.transport(get('/a'));
  const first = connection.last;
  enclave.state.aheadMs += 56 * MINUTE;
  await connection.transport(get('/a'));
  expect(enclave.seen).toMatchObject({ hellos: 2, quotes: 1 });
  expect(connection.last).toBe(first);
  enclave.state.aheadMs += 300 * MINUTE;
  await connection.transport(get('/a'));
  expect(enclave.seen.quotes).toBe(2);
  expect(connection.last).not.toBe(first);
});

test('a verdict that ran out is not relied on, however young the session', async () => {
  using enclave = await openSimulatedEnclave();
  enclave.state.collateral = { issuedAt: new Date(enclave.now().getTime() - 30 * 24 * 60 * MINUTE + 10 * MINUTE) };
  using connection = connectTo(enclave);
  const { validUntil } = await connection.check();
  expect(Date.parse(validUntil ?? '')).toBeLessThan(enclave.now().getTime() + 11 * MINUTE);
  enclave.state.collateral = {};
  enclave.state.aheadMs += 20 * MINUTE;
  await connection.transport(get('/a'));
  expect(enclave.seen.quotes).toBe(2);
});

test('to check again asks for new evidence', async () => {
  using enclave = await openSimulatedEnclave();
  const verdicts: unknown[] = [];
  using connection = connectTo(enclave, { onVerdict: (verdict) => verdicts.push(verdict) });
  const first = await connection.check();
  const second = await connection.recheck();
  expect(enclave.seen.quotes).toBe(2);
  expect(verdicts).toEqual([first, second]);
  enclave.state.collateral = { status: 'Revoked' };
  await refusal(connection.recheck());
  expect(connection.last?.verdict).toBe('not-verified');
});

test('whoever gives up while the session is opened stops waiting; the others are answered', async () => {
  using enclave = await openSimulatedEnclave();
  const gate = Promise.withResolvers<void>();
  enclave.state.tap = async (request, pass) => {
    await gate.promise;
    return pass(request);
  };
  using connection = connectTo(enclave);
  const stop = new AbortController();
  const leaving = connection.transport(post('x', {}, stop.signal));
  const staying = connection.transport(post('y'));
  stop.abort(new Error('left'));
  await expect(leaving).rejects.toThrow('left');
  gate.resolve();
  expect(await (await staying).json()).toMatchObject({ body: 'y' });
  await expect(connection.transport(post('x', {}, stop.signal))).rejects.toThrow('left');
});

test('an answer streams as it is made, and whoever leaves ends it', async () => {
  let left = false;
  const go = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode('first'));
      await go.promise;
      controller.enqueue(new TextEncoder().encode('second'));
    },
    cancel() {
      left = true;
    },
  });
  using enclave = await openSimulatedEnclave({ handler: () => new Response(body) });
  using connection = connectTo(enclave);
  const response = await connection.transport(post('x'));
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
  go.resolve();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('second');
  await reader?.cancel();
  await expect.poll(() => left).toBe(true);
});

test('a body streams up as it is made', async () => {
  const parts: string[] = [];
  const heard = Promise.withResolvers<void>();
  using enclave = await openSimulatedEnclave({
    handler: async (request) => {
      for await (const chunk of request.body ?? []) {
        parts.push(new TextDecoder().decode(chunk));
        heard.resolve();
      }
      return new Response(parts.join('|'));
    },
  });
  using connection = connectTo(enclave, { streamUploads: true });
  async function* chunks() {
    yield new TextEncoder().encode('one');
    await heard.promise;
    yield new TextEncoder().encode('two');
  }
  const body = ReadableStream.from(chunks()) as ReadableStream<Uint8Array<ArrayBuffer>>;
  const request = new Request('http://anything.example/v1/x', { method: 'POST', body, duplex: 'half' });
  expect(await (await connection.transport(request)).text()).toBe('one|two');
});

test('an answer that is cut fails instead of ending', async () => {
  using enclave = await openSimulatedEnclave({ handler: () => new Response('x'.repeat(200_000)) });
  using connection = connectTo(enclave);
  await connection.check();
  enclave.state.tap = async (request, pass) => new Response((await (await pass(request)).arrayBuffer()).slice(0, 150_000));
  const response = await connection.transport(get('/a'));
  await expect(response.text()).rejects.toMatchObject({ code: 'truncated' });
});

test('a closed connection opens nothing', async () => {
  using enclave = await openSimulatedEnclave();
  const connection = connectTo(enclave);
  await connection.transport(get('/a'));
  connection[Symbol.dispose]();
  await expect(connection.transport(get('/a'))).rejects.toMatchObject({ code: 'closed' });
  expect(enclave.seen.hellos).toBe(1);
});

test('another environment at a known address is refused, until the person pins it', async () => {
  using enclave = await openSimulatedEnclave();
  const store = memoryPins();
  using before = connectTo(enclave, { store });
  expect((await before.check()).environment.isFirstUse).toBe(true);
  using again = connectTo(enclave, { store });
  expect((await again.check()).environment.isFirstUse).toBe(false);

  enclave.state.identity = 'somebody else';
  enclave.state.generation = '2';
  using other = connectTo(enclave, { store });
  expect(failed(await refusal(other.check()))).toEqual(['identity']);
  const { sealed } = enclave.seen;
  await expect(before.transport(get('/a'))).rejects.toBeInstanceOf(NotVerifiedError);
  expect(enclave.seen.sealed - sealed).toBe(1); // to the session of before, which its server no longer opened

  using pinned = connectTo(enclave, { store, pins: { identityKey: enclave.identityKey() } });
  await pinned.check();
  using after = connectTo(enclave, { store });
  expect((await after.check()).environment.isFirstUse).toBe(false);
});

test('an answer that was held back is judged by what is known when it arrives', async () => {
  using enclave = await openSimulatedEnclave();
  const store = memoryPins();
  const answered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const heldBack: typeof enclave.transport = async (request) => {
    const response = await enclave.transport(request);
    answered.resolve();
    await released.promise;
    return response;
  };
  enclave.state.identity = 'somebody else';
  using late = connectTo(enclave, { store, transport: heldBack });
  const outcome = refusal(late.check());
  await answered.promise;
  enclave.state.identity = 'known';
  using known = connectTo(enclave, { store });
  await known.check();
  released.resolve();
  expect(failed(await outcome)).toEqual(['identity']);
});

test('a pinned identity is asked for from the first time on', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave, { pins: { identityKey: enclave.identityKey() } });
  expect((await connection.check()).checks).toContainEqual(expect.objectContaining({ id: 'identity', status: 'passed' }));
  enclave.state.identity = 'somebody else';
  using other = connectTo(enclave, { pins: { identityKey: new Uint8Array(32).fill(7) } });
  expect(failed(await refusal(other.transport(post('secret'))))).toEqual(['identity']);
  expect(enclave.seen.sealed).toBe(0);
});

test('an environment that speaks for another address is refused by that check', async () => {
  using enclave = await openSimulatedEnclave({ origins: ['https://other.example'] });
  using connection = connectTo(enclave);
  const error = await refusal(connection.check());
  expect(failed(error)).toEqual(['origin']);
  expect(connection.last).toBe(error.verdict);
});

test('a proxy that puts its own key into the handshake is refused', async () => {
  using enclave = await openSimulatedEnclave();
  using proxy = await openSimulatedEnclave({ identity: 'proxy' });
  enclave.state.tap = (request) => proxy.transport(request);
  const store = memoryPins();
  await store.write(ORIGIN, { identityKey: Buffer.from(enclave.identityKey()).toString('base64url') });
  using connection = connectTo(enclave, { store });
  expect(failed(await refusal(connection.transport(post('secret'))))).toEqual(['identity']);

  // One byte of the answer's ciphertext changed on the way.
  enclave.state.tap = async (request, pass) => {
    const bytes = new Uint8Array(await (await pass(request)).arrayBuffer());
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    return new Response(bytes);
  };
  expect(failed(await refusal(connection.transport(post('secret'))))).toEqual(['report-data']);
  expect([enclave.seen.sealed, proxy.seen.sealed]).toEqual([0, 0]);
});

test('what is no sealed server is told from one that cannot be reached', async () => {
  using enclave = await openSimulatedEnclave();
  using connection = connectTo(enclave);
  enclave.state.tap = async () => new Response('<html>', { status: 404 });
  const error = await connection.check().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'transport_failed' });
  expect(error).not.toHaveProperty('cause');
  enclave.state.tap = () => Promise.reject(new TypeError('fetch failed'));
  await expect(connection.check()).rejects.toMatchObject({ code: 'transport_failed', cause: { message: 'fetch failed' } });
});
