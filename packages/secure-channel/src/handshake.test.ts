import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Exchange, type Peer, repeatHandshake } from './client/connect.ts';
import { ChannelError } from './errors.ts';
import { concat } from './protocol/bytes.ts';
import { connectTo, echo, hex, makeEnvironment, makeServer, ORIGIN, post, type Tap, verifyTestEvidence } from './test-environment.ts';

function flip(bytes: Uint8Array<ArrayBuffer>, bit: number): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

/** Any change on the way ends in a ChannelError and opens nothing. */
async function expectRefused(tap: Tap, suite: 1 | 2): Promise<void> {
  using server = makeServer({ suites: [suite] });
  await expect(connectTo(server, echo, { suites: [suite] }, tap)).rejects.toBeInstanceOf(ChannelError);
}

test.each([1, 2] as const)('suite %i: any flipped bit of hello or answer is refused', async (suite) => {
  const runs = { numRuns: suite === 1 ? 40 : 150 };
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.boolean(), async (n, isHello) => {
      const change = (body: Uint8Array<ArrayBuffer>) => flip(body, n % (body.length * 8));
      await expectRefused(isHello ? { up: change } : { down: change }, suite);
    }),
    runs,
  );
});

test('every byte of the short parts of hello and answer counts', async () => {
  // Suite 2: what is not key or ciphertext, all of it.
  for (let at = 0; at < 130; at++) await expectRefused({ up: (body) => flip(body, (at % body.length) * 8) }, 2);
  for (let at = 0; at < 900; at += 3) await expectRefused({ down: (body) => flip(body, (at % body.length) * 8 + (at % 8)) }, 2);
});

test('a message cut anywhere, or with more behind it, is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.boolean(), async (n, isHello) => {
      const cut = (body: Uint8Array<ArrayBuffer>) => body.slice(0, n % body.length);
      await expectRefused(isHello ? { up: cut } : { down: cut }, 2);
    }),
    { numRuns: 80 },
  );
  const longer = (body: Uint8Array<ArrayBuffer>) => concat(body, new Uint8Array(1));
  await expectRefused({ up: longer }, 2);
  await expectRefused({ down: longer }, 2);
});

test('another identity than the pinned one is refused by name, before its evidence is looked at', async () => {
  using server = makeServer();
  const identityKey = makeEnvironment('someone else').identityKey;
  const verify = () => expect.unreachable();
  await expect(connectTo(server, echo, { identityKey, verify })).rejects.toMatchObject({ code: 'identity_mismatch', resend: 'yes' });
  using channel = await connectTo(server, echo, { identityKey: makeEnvironment().identityKey });
  expect(hex(channel.peer.identityKey)).toBe(hex(makeEnvironment().identityKey));
});

test('an environment that does not speak for the origin is refused by name, from either side', async () => {
  using server = makeServer();
  await expect(connectTo(server, echo, { origin: 'https://other.example' })).rejects.toMatchObject({ code: 'origin_mismatch' });
});

const BAD_ENVIRONMENTS = {
  'a signature by another key': { ...makeEnvironment(), keyConfigSignature: makeEnvironment('other').keyConfigSignature },
  'a signature over another configuration': {
    ...makeEnvironment(),
    keyConfigSignature: makeEnvironment('identity', { epoch: 8 }).keyConfigSignature,
  },
};

test.each(Object.entries(BAD_ENVIRONMENTS))('%s is refused by name', async (_name, environment) => {
  using server = makeServer({ environment: () => environment });
  await expect(connectTo(server)).rejects.toMatchObject({ code: 'key_config_invalid' });
});

test('an expired key configuration is refused by name, by the clock of the client', async () => {
  const environment = makeEnvironment('identity', { notAfter: 1_800_000_000 });
  using server = makeServer({ environment: () => environment, now: () => new Date(1_700_000_000_000) });
  await expect(connectTo(server, echo, { now: () => new Date(1_900_000_000_000) })).rejects.toMatchObject({ code: 'key_config_expired' });
});

test('evidence for another handshake, or none, is refused and the reason kept', async () => {
  using server = makeServer({ evidence: async () => new Uint8Array(64) });
  await expect(connectTo(server)).rejects.toMatchObject({ code: 'evidence_refused', cause: new Error('evidence for something else') });
  using silent = makeServer({ evidence: async () => new Uint8Array() });
  await expect(connectTo(silent)).rejects.toMatchObject({ code: 'malformed_message' });
});

test('an answer given to another client opens nothing', async () => {
  using server = makeServer();
  let stolen: Uint8Array<ArrayBuffer> | undefined;
  const tap: Tap = {
    down(body) {
      stolen ??= body;
      return stolen;
    },
  };
  await connectTo(server, echo, {}, tap);
  await expect(connectTo(server, echo, {}, tap)).rejects.toMatchObject({ code: 'handshake_failed' });
});

test('the verifier sees what the environment stated', async () => {
  using server = makeServer();
  using channel = await connectTo(server, echo, {
    verify: async (evidence, reportData, { release, launchManifest, keyConfig, nonce }) => {
      expect([new TextDecoder().decode(release), launchManifest.length, keyConfig.environment, nonce.length]).toEqual([
        'release 1.2.3',
        48,
        'acme',
        32,
      ]);
      return verifyTestEvidence(evidence, reportData);
    },
  });
  expect(channel.proof).toBe('genuine');
});

test('a server takes the suite it allows that the client wants most, and refuses when there is none', async () => {
  using both = makeServer({ suites: [1, 2] });
  using channel = await connectTo(both, echo, { suites: [2, 1] });
  expect((await channel.fetch(post('/x', 'body'))).status).toBe(200);
  using strict = makeServer();
  await expect(connectTo(strict, echo, { suites: [2] })).rejects.toMatchObject({ code: 'no_common_suite' });
});

test('handshakes of the same moment share one quote, each with its path', async () => {
  let quotes = 0;
  using server = makeServer({
    batchMs: 20,
    suites: [2],
    evidence: async (reportData) => {
      quotes++;
      return new Uint8Array(reportData);
    },
  });
  for (const count of [1, 2, 3, 7, 8]) {
    quotes = 0;
    const channels = await Promise.all(Array.from({ length: count }, () => connectTo(server, echo, { suites: [2] })));
    expect(quotes).toBe(1);
    expect(new Set(channels.map(({ sessionId }) => hex(sessionId))).size).toBe(count);
  }
});

test('an aborted handshake rejects with the reason of the abort', async () => {
  using server = makeServer();
  const reason = new Error('went away');
  await expect(connectTo(server, echo, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('both sides export the same secret for a label, another for another', async () => {
  let ofServer = '';
  using server = makeServer();
  using channel = await connectTo(server, (_request, session) => {
    ofServer = hex(session.export('device key', 32));
    return new Response(null, { status: 204 });
  });
  await channel.fetch(new Request(`${ORIGIN}/x`));
  expect(hex(channel.export('device key', 32))).toBe(ofServer);
  expect(hex(channel.export('other', 32))).not.toBe(ofServer);
});

test('what was exchanged can be looked at again: it asks for the same evidence, and says so of nothing else', async () => {
  using server = makeServer({ batchMs: 1 });
  const seen: { reportData: Uint8Array; exchange: Exchange }[] = [];
  const verify = async (_evidence: Uint8Array, reportData: Uint8Array, _peer: Peer, exchange: Exchange) => {
    seen.push({ reportData, exchange });
    return 'genuine';
  };
  using channel = await connectTo(server, echo, { verify });
  await Promise.all([connectTo(server, echo, { verify }), connectTo(server, echo, { verify })]);
  expect(seen).toHaveLength(3);
  for (const { reportData, exchange } of seen) {
    const repeated = await repeatHandshake(exchange, new Date());
    expect(repeated).toMatchObject({ origin: ORIGIN, reportData, evidence: reportData });
    expect(repeated.peer.identityKey).toEqual(channel.peer.identityKey);
    expect(hex(exchange.answer)).not.toContain(hex(channel.resumption()?.ticket ?? exchange.answer));
  }
  const [one, other] = seen.map(({ exchange }) => exchange);
  if (!one || !other) throw new Error('no exchange');
  const mixed = await repeatHandshake({ hello: one.hello, answer: other.answer }, new Date());
  expect(mixed.reportData).not.toEqual(mixed.evidence);
  await expect(repeatHandshake(one, new Date(4_200_000_000_000))).rejects.toMatchObject({ code: 'key_config_expired' });
  await expect(repeatHandshake({ ...one, answer: one.answer.slice(0, -1) }, new Date())).rejects.toMatchObject({
    code: 'malformed_message',
  });
});
