// What a hostile network, host or client may try, through the same doors as everybody else.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { connect } from './client/connect.ts';
import { ChannelError } from './errors.ts';
import { concat, lengthPrefixed, readParts, readU32 } from './protocol/bytes.ts';
import type { ChannelServer } from './server/server.ts';
import {
  connectTo,
  echo,
  makeEnvironment,
  makeServer,
  ORIGIN,
  post,
  tokens,
  transportTo,
  URL_OF_CHANNEL,
  verifyTestEvidence,
} from './test-environment.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 365 * DAY_MS;
const PREFIX_BYTES = 1 + 1 + 16 + 4;

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** Sealed requests that never reached the server, in the order in which they were made. */
async function keptBack(server: ChannelServer, requests: readonly Request[]): Promise<Bytes[]> {
  const kept: Bytes[] = [];
  const direct = transportTo(server, echo);
  let isOpen = false;
  const transport = async (request: Request) => {
    if (!isOpen) return direct(request);
    kept.push(new Uint8Array(await request.arrayBuffer()));
    throw new TypeError('kept back');
  };
  using channel = await connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] });
  isOpen = true;
  for (const request of requests) await expect(channel.fetch(request)).rejects.toMatchObject({ code: 'transport_failed' });
  return kept;
}

function framesOf(body: Uint8Array): Bytes[] {
  const frames: Bytes[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + readU32(body, at);
    frames.push(new Uint8Array(body.slice(at, end)));
    at = end;
  }
  return frames;
}

/** Ways to change the frames of an upload; `other` is another stream of the same session. */
const CHANGES: Record<string, (frames: Bytes[], at: number, other: Bytes[]) => Bytes[]> = {
  'a record repeated': (frames, at) => frames.toSpliced(at, 0, frames[at] ?? new Uint8Array()),
  'a record dropped': (frames, at) => frames.toSpliced(at, 1),
  'two records exchanged': (frames, at) => frames.toSpliced(at, 2, ...frames.slice(at, at + 2).reverse()),
  'a record of another stream': (frames, at, other) => frames.with(at, other[at] ?? new Uint8Array()),
  'a record of another stream put between': (frames, at, other) => frames.toSpliced(at, 0, other[at] ?? new Uint8Array()),
  'cut before its end': (frames, at) => frames.slice(0, at + 1),
  'the end claimed too soon': (frames, at) => frames.with(at, (frames[at] ?? new Uint8Array(5)).with(4, 1)),
  'another generation claimed': (frames, at) => frames.with(at, (frames[at] ?? new Uint8Array(9)).with(8, 1)),
};

test.each(Object.entries(CHANGES))('an upload with %s never ends in the handler, and is refused', async (_, change) => {
  const server = makeServer({ suites: [2] });
  const upload = (fill: number) => new Request(`${ORIGIN}/up`, { method: 'POST', body: new Uint8Array(300_000).fill(fill) });
  const [one, other] = await keptBack(server, [upload(1), upload(2)]);
  if (!one || !other) throw new Error('nothing was sent');
  let ended = 0;
  const handler = async (request: Request) => {
    await request.arrayBuffer();
    ended++;
    return new Response();
  };
  const frames = framesOf(one.subarray(PREFIX_BYTES));
  const strange = framesOf(other.subarray(PREFIX_BYTES));
  expect(frames.length).toBeGreaterThan(4);
  for (let at = 1; at < frames.length - 1; at++) {
    const [fresh] = await keptBack(server, [upload(1)]);
    const own = framesOf(fresh?.subarray(PREFIX_BYTES) ?? new Uint8Array());
    const body = concat(fresh?.subarray(0, PREFIX_BYTES) ?? new Uint8Array(), ...change(own, at, strange));
    const refused = await server.answer(body, handler).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof ChannelError ? error.code : error),
    );
    expect([400, 'record_refused']).toContain(refused);
  }
  expect(ended).toBe(0);
});

test('an answer put together from two genuine ones opens nothing, whichever field is the strange one', async () => {
  const environments = [makeEnvironment(), makeEnvironment('another identity', { epoch: 9 })] as const;
  const [own, others] = environments.map((environment) => makeServer({ suites: [2], environment: () => environment }));
  if (!own || !others) throw new Error('no servers');
  const answers: Bytes[] = [];
  const keep = {
    down(body: Bytes) {
      answers.push(body);
      return body;
    },
  };
  await connectTo(own, echo, { suites: [2] }, keep);
  await connectTo(others, echo, { suites: [2] }, keep);
  for (const strange of answers) {
    for (let field = 0; field < 14; field++) {
      let isSame = false;
      const down = (body: Bytes) => {
        const fields = readParts(body.subarray(1), 14);
        const taken = readParts(strange.subarray(1), 14)[field] ?? new Uint8Array();
        isSame = Buffer.compare(taken, fields[field] ?? new Uint8Array()) === 0;
        return concat(body.subarray(0, 1), lengthPrefixed(...fields.with(field, taken)));
      };
      const opened = await connectTo(own, echo, { suites: [2] }, { down }).then(
        () => 'opened',
        (error: unknown) => (error instanceof ChannelError ? 'refused' : error),
      );
      expect(opened, `field ${field + 1}`).toBe(isSame ? 'opened' : 'refused');
    }
  }
});

test('an enclave whose environment has another identity, or was started in another way, is not resumed', async () => {
  let environment = makeEnvironment();
  using server = makeServer({ environment: () => environment });
  const resumptionOf = async () => {
    using channel = await connectTo(server);
    return channel.resumption() ?? expect.unreachable();
  };
  const beforeStart = await resumptionOf();
  environment = { ...environment, launchManifest: new Uint8Array(48).fill(9) };
  let verified = 0;
  const verify = async (evidence: Uint8Array, reportData: Uint8Array) => {
    verified++;
    return verifyTestEvidence(evidence, reportData);
  };
  using channel = await connectTo(server, echo, { resume: beforeStart, verify });
  expect([channel.peer.launchManifest[0], verified]).toEqual([9, 1]);
  const beforeRotation = await resumptionOf();
  environment = makeEnvironment('another identity');
  await expect(connectTo(server, echo, { resume: beforeRotation, verify })).rejects.toMatchObject({ code: 'identity_mismatch' });
  environment = makeEnvironment('another identity', {}, '2');
  await expect(
    connectTo(server, echo, { resume: beforeRotation, identityKey: beforeRotation.peer.identityKey, verify }),
  ).rejects.toMatchObject({
    code: 'identity_mismatch',
  });
  expect(verified).toBe(1);
});

test.each([
  ['a day', DAY_MS],
  ['a year', YEAR_MS],
])('a clock that is off by %s, on either side and either way, opens nothing that it should not', async (_, offMs) => {
  const start = Date.UTC(2026, 5, 1);
  let now = start;
  const environment = makeEnvironment('identity', { notAfter: (start + 3_600_000) / 1000 });
  using server = makeServer({ environment: () => environment, now: () => new Date(now) });
  const at = (ms: number) => ({ now: () => new Date(ms) });
  await expect(connectTo(server, echo, at(start + offMs))).rejects.toMatchObject({ code: 'key_config_expired' });
  // A client that is behind cannot see that a configuration has ended; the server, or its own clock set right, can.
  now = start + offMs;
  await expect(connectTo(server, echo, at(start))).rejects.toMatchObject({ code: 'transport_failed' });
  now = start;
  using channel = await connectTo(server, echo, at(start));
  const resume = channel.resumption() ?? expect.unreachable();
  expect((await channel.fetch(post('/x', ''))).status).toBe(200);
  for (const wrong of [start - offMs, start + offMs]) {
    now = wrong;
    await expect(channel.fetch(post('/x', '')), `${wrong - start}`).rejects.toMatchObject({ code: 'rehandshake' });
  }
  // Behind, it makes a full handshake of a resumption, since no ticket can be of later than now.
  using again = makeServer({ now: () => new Date(now) });
  now = start;
  using first = await connectTo(again);
  now = start - offMs;
  let quotes = 0;
  const verify = async (evidence: Uint8Array, reportData: Uint8Array) => {
    quotes++;
    return verifyTestEvidence(evidence, reportData);
  };
  using _second = await connectTo(again, echo, { resume: first.resumption() ?? resume, verify });
  expect(quotes).toBe(1);
});

test('no key seals two records with one nonce, over parallel streams and retries in both directions', async () => {
  const sealed = new Map<unknown, Set<string>>();
  let records = 0;
  const note = (key: unknown, nonce: Uint8Array) => {
    const nonces = sealed.get(key) ?? new Set();
    sealed.set(key, nonces.add(Buffer.from(nonce).toString('latin1')));
    records++;
  };
  const { encrypt } = crypto.webcrypto.subtle;
  vi.spyOn(globalThis.crypto.subtle, 'encrypt').mockImplementation((algorithm, key, data) => {
    note(key, (algorithm as unknown as { iv: Uint8Array }).iv);
    return encrypt.call(globalThis.crypto.subtle, algorithm, key, data);
  });
  const { createCipheriv } = crypto;
  vi.spyOn(crypto, 'createCipheriv').mockImplementation(((
    algorithm: crypto.CipherGCMTypes,
    key: crypto.KeyObject,
    nonce: Uint8Array,
    options: object,
  ) => {
    note(key, nonce);
    return createCipheriv(algorithm, key, nonce, options);
  }) as unknown as typeof createCipheriv);
  syncBuiltinESMExports();

  using server = makeServer({ suites: [2], coalesceMs: 0 });
  const direct = transportTo(server, (request) => tokens(Number(new URL(request.url).searchParams.get('n'))));
  let count = 0;
  const transport = async (request: Request) => {
    const response = await direct(request);
    // Each third answer is lost, so that its request is sent again.
    if (count++ % 3 === 2) throw new TypeError('connection lost');
    return response;
  };
  using channel = await connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] });
  const send = async (n: number): Promise<void> => {
    try {
      await (await channel.fetch(new Request(`${ORIGIN}/t?n=${n % 7}`, { headers: { 'idempotency-key': `${n}` } }))).text();
    } catch (error) {
      if (error instanceof ChannelError && error.code === 'transport_failed') return send(n);
      throw error;
    }
  };
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 50 }, (_, n) => send(50 * round + n)));
  const unique = [...sealed.values()].reduce((sum, { size }) => sum + size, 0);
  expect(records).toBeGreaterThan(5_000);
  expect(unique).toBe(records);
});

test('10,000 handshakes at once: as many as are allowed are answered, the others are told so at once', async () => {
  const gate = Promise.withResolvers<void>();
  const evidence = async (reportData: Uint8Array) => {
    await gate.promise;
    return new Uint8Array(reportData);
  };
  using server = makeServer({ suites: [2], evidence, maxUnconfirmed: 100 });
  const hello = await helloOf(server, gate.promise);
  let most = 0;
  const answers = Array.from({ length: 10_000 }, async () => {
    const answered = server.answer(hello.slice(), echo);
    most = Math.max(most, server.handshakes);
    return (await answered).status;
  });
  let refused = 0;
  for (const answer of answers) void answer.then((status) => (refused += status === 503 ? 1 : 0));
  while (refused < 10_000 - 256) await new Promise(setImmediate);
  gate.resolve();
  const statuses = await Promise.all(answers);
  expect(statuses.filter((status) => status === 200)).toHaveLength(256);
  expect([most <= 256, server.handshakes, server.size <= 100]).toEqual([true, 0, true]);
});

test('10,000 hellos and requests that never end hold little memory and nobody up', async () => {
  using server = makeServer({ suites: [2] });
  const collect = await collector();
  collect();
  const before = process.memoryUsage().heapUsed;
  const stalled: ReadableStreamDefaultController<Uint8Array>[] = [];
  const endless = (start: Uint8Array) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(start);
        stalled.push(controller);
      },
    });
  const waiting = Array.from({ length: 10_000 }, (_, n) => server.answer(endless(Uint8Array.of(n % 2, 16, 1)), echo));
  await new Promise(setImmediate);
  using channel = await connectTo(server, echo, { suites: [2] });
  expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
  collect();
  expect((process.memoryUsage().heapUsed - before) / 10_000, 'bytes for each').toBeLessThan(16_384);
  for (const controller of stalled) controller.close();
  // None is a message; those that end together are also more handshakes than are allowed at once.
  for (const { status } of await Promise.all(waiting)) expect([400, 503]).toContain(status);
  expect([server.handshakes, server.size]).toEqual([0, 1]);
});

test('whatever is wrong with a record, the refusal and the work before it are the same', async () => {
  using server = makeServer({ suites: [2] });
  const requests = Array.from({ length: 3 }, () => post('/x', 'x'.repeat(100)));
  const [request, used, other] = await keptBack(server, requests);
  if (!request || !used || !other) throw new Error('nothing was sent');
  expect((await server.answer(used.slice(), echo)).status).toBe(200);
  const calls = { open: 0, hash: 0 };
  const { createDecipheriv, hash } = crypto;
  vi.spyOn(crypto, 'createDecipheriv').mockImplementation(((...args: Parameters<typeof createDecipheriv>) => {
    calls.open++;
    return createDecipheriv(...args);
  }) as typeof createDecipheriv);
  vi.spyOn(crypto, 'hash').mockImplementation(((...args: Parameters<typeof hash>) => {
    calls.hash++;
    return hash(...args);
  }) as typeof hash);
  syncBuiltinESMExports();
  const frame = PREFIX_BYTES;
  const changes: Record<string, Bytes> = {
    'first byte of the content': flip(request, frame + 9),
    'padding of the content': flip(request, request.length - 20),
    'first byte of the tag': flip(request, request.length - 16),
    'last byte of the tag': flip(request, request.length - 1),
    'the end taken away': flip(request, frame + 4),
    'another stream': flip(request, frame - 1, 0x40),
    'the frame of another stream': concat(request.subarray(0, frame), other.subarray(frame)),
    'the frame of a stream that ended': concat(request.subarray(0, frame), used.subarray(frame)),
  };
  const seen = new Set<string>();
  for (const [name, body] of Object.entries(changes)) {
    Object.assign(calls, { open: 0, hash: 0 });
    const { status, contentType, body: said } = await server.answer(body, () => expect.unreachable());
    seen.add(JSON.stringify([status, contentType, new TextDecoder().decode(said as Uint8Array)]));
    expect(calls, name).toEqual({ open: 1, hash: 0 });
  }
  // What is in clear anyway may be refused before anything is opened: it tells nothing that was not sent.
  for (const body of [used.slice(), flip(request, frame + 8, 0x7f), flip(request, frame + 4, 0x82)]) {
    const { status, contentType, body: said } = await server.answer(body, () => expect.unreachable());
    seen.add(JSON.stringify([status, contentType, new TextDecoder().decode(said as Uint8Array)]));
  }
  expect([...seen]).toEqual(['[400,"application/json","{\\"code\\":\\"record_refused\\"}"]']);
  expect((await server.answer(request.slice(), echo)).status).toBe(200);
});

test('evidence for another key, environment or address never opens a session, whatever else of the answer fits', async () => {
  // Evidence is genuine: that of a session which the same enclave opened for somebody else at the same moment.
  let strange = new Uint8Array(64);
  using server = makeServer({ suites: [2], evidence: async () => strange });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('key', 'environment', 'address'), async (what) => {
      const origins = [ORIGIN, 'https://other.example'];
      const environment = makeEnvironment(what === 'environment' ? 'another' : 'identity', { origins });
      using genuine = makeServer({ suites: [2], environment: () => environment });
      await connectTo(genuine, echo, {
        suites: [2],
        origin: what === 'address' ? 'https://other.example' : ORIGIN,
        verify: async (evidence, reportData) => {
          strange = new Uint8Array(evidence);
          return verifyTestEvidence(evidence, reportData);
        },
      });
      await expect(connectTo(server, echo, { suites: [2] })).rejects.toMatchObject({ code: 'evidence_refused' });
    }),
    { numRuns: 12 },
  );
});

function flip(bytes: Bytes, at: number, bits = 1): Bytes {
  return bytes.with(at, (bytes[at] ?? 0) ^ bits);
}

/** A hello as a client sends it; the server's answer is not waited for. */
async function helloOf(server: ChannelServer, until: Promise<void>): Promise<Bytes> {
  const seen = Promise.withResolvers<Bytes>();
  const transport = async (request: Request) => {
    seen.resolve(new Uint8Array(await request.arrayBuffer()));
    await until;
    throw new TypeError(`${server.size} sessions`);
  };
  void connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] }).catch(() => undefined);
  return seen.promise;
}

/** Collects garbage, so that what is left can be measured. */
async function collector(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
