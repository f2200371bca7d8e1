// Makes the language-neutral vectors from fixed randomness, both sides taking part, and holds them against the files.
import { expect, test } from 'vitest';
import { concat, fromBase64url, toBase64url, u32, utf8 } from './protocol/bytes.ts';
import { DEFAULT_PATH, DIRECTION, type Direction } from './protocol/constants.ts';
import { portableHashes as hashes, hkdfExpand } from './protocol/hashes.ts';
import { encodeHead } from './protocol/http-heads.ts';
import { deriveSecrets } from './protocol/key-schedule.ts';
import { decodeAnswer, decodeHello } from './protocol/messages.ts';
import { recordReceiver, recordSender, requestContext, responseContext } from './protocol/records.ts';
import { receivingKeys, sendingKeys } from './protocol/traffic-keys.ts';
import { transcriptOf } from './protocol/transcript.ts';
import { importServerKey, openRecord, sealRecord } from './server/cipher.ts';
import { connectTo, fromHex, hex, makeServer, seededEncapsulate, seededRandom } from './test-environment.ts';

const FOLDER = new URL('../../../vectors/secure-channel/', import.meta.url).pathname;
const NOW = new Date('2026-01-01T00:00:00Z');

function sameAsFile(name: string, vectors: unknown): Promise<void> {
  return expect(`${JSON.stringify(vectors, null, 1)}\n`).toMatchFileSnapshot(FOLDER + name);
}

const hexed = (values: object) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hex(value)]));

/** Notes what a source of randomness gave, so that a reader can give the same. */
function noted(seed: string) {
  const given: string[] = [];
  const random = seededRandom(seed);
  return {
    given,
    random(length: number) {
      const bytes = random(length);
      given.push(hex(bytes));
      return bytes;
    },
  };
}

test('the handshake, full and resumed, is the one of the vectors', async () => {
  const server = noted('server');
  const kem: string[] = [];
  const encapsulate: typeof seeded = (suite, publicKey) => {
    const made = seeded(suite, publicKey);
    kem.push(hex(made.secret));
    return made;
  };
  const seeded = seededEncapsulate(server.random);
  using channelServer = makeServer({ now: () => NOW, random: server.random, encapsulate });
  const seen: { hello: string; answer: string }[] = [];
  let hello = '';
  const tap = {
    up: (body: Uint8Array<ArrayBuffer>) => {
      hello = hex(body);
      return body;
    },
    down: (body: Uint8Array<ArrayBuffer>) => {
      seen.push({ hello, answer: hex(body) });
      return body;
    },
  };
  const client = noted('client');
  const options = { random: client.random, now: () => NOW };
  const full = await connectTo(channelServer, undefined, options, tap);
  const resumption = full.resumption();
  if (!resumption) throw new Error('no ticket');
  const resumed = await connectTo(channelServer, undefined, { ...options, resume: resumption }, tap);

  const [clientNonce1, kemSeed1, clientNonce2, kemSeed2] = client.given;
  const describe = (index: number, psk: Uint8Array, channel: typeof full, clientNonce?: string, kemSeed?: string) => {
    const { hello, answer } = seen[index] ?? { hello: '', answer: '' };
    const kemSecret = kem[index] ?? '';
    const { hash, reportData } = transcriptOf(hashes, decodeHello(fromHex(hello)), decodeAnswer(fromHex(answer)));
    const secrets = deriveSecrets(hashes, hash, fromHex(kemSecret), psk);
    const exported = { label: 'sign-in', length: 32, value: hex(channel.export('sign-in', 32)) };
    const derived = { transcriptHash: hex(hash), reportData: hex(reportData), kemSecret, psk: hex(psk), ...hexed(secrets) };
    return { clientNonce, kemSeed, hello, answer, ...derived, exported };
  };
  const none = new Uint8Array();
  await sameAsFile('handshake.json', {
    source:
      'docs/secure-channel.md §3 to §6 and §8. kemSeed: for X-Wing the seed of GenerateKeyPairDerand, for X25519 the private key. serverRandomness: key of the tickets, then for each handshake: KEM, session id, nonce of the ticket.',
    serverRandomness: server.given,
    full: describe(0, none, full, clientNonce1, kemSeed1),
    resumed: describe(1, resumption.psk, resumed, clientNonce2, kemSeed2),
  });
});

test('the key schedule is the one of the vectors', async () => {
  const random = seededRandom('key schedule');
  const given = { transcriptHash: random(32), kemSecret: random(32), psk: random(32) };
  const secrets = deriveSecrets(hashes, given.transcriptHash, given.kemSecret, given.psk);
  const generations = [];
  let secret: Uint8Array = secrets.client;
  for (let number = 0; number < 3; number++) {
    const expand = (name: string, length: number) => hkdfExpand(hashes, secret, `privexbot-channel-1 ${name}`, length);
    generations.push({ number, key: hex(expand('key', 32)), iv: hex(expand('iv', 12)) });
    secret = expand('next', 32);
  }
  await sameAsFile('key-schedule.json', {
    source: 'docs/secure-channel.md §6',
    ...hexed(given),
    secrets: hexed(secrets),
    clientGenerations: generations,
  });
});

test('a streamed exchange of records, with a change of generation, is the one of the vectors', async () => {
  const random = seededRandom('records');
  const sessionId = random(16);
  const secrets = { client: random(32), server: random(32) };
  const streamId = 3;
  const head = { method: 'POST', path: '/v1/chat?stream=1', headers: [['content-type', 'application/json']] } as const;
  const contexts = { 0: requestContext(hashes, DEFAULT_PATH), 1: responseContext(hashes, head) };

  const exchange = (direction: Direction, secret: Uint8Array, contents: Uint8Array[]) => {
    const binding = { sessionId, direction, streamId, context: contexts[direction] };
    const send = recordSender(binding, sendingKeys(hashes, secret, importServerKey, { records: 2, bytes: 2 ** 30 }));
    const receive = recordReceiver(binding, receivingKeys(hashes, secret, importServerKey));
    return contents.map((content, seq) => {
      const job = send(content, seq === contents.length - 1);
      const frame = sealRecord(job);
      expect(hex(openRecord(receive(frame.subarray(4))).content)).toBe(hex(content));
      return { seq, content: hex(content), nonce: hex(job.nonce), aad: hex(job.aad), frame: hex(frame) };
    });
  };
  const request = exchange(DIRECTION.toServer, secrets.client, [concat(encodeHead(head), utf8('{"message":"hello"}'))]);
  const answerHead = encodeHead({ status: 200, headers: [['content-type', 'text/event-stream']] });
  const response = exchange(DIRECTION.toClient, secrets.server, [
    answerHead,
    utf8('data: one\n\n'),
    utf8('x'.repeat(300)),
    new Uint8Array(),
  ]);
  await sameAsFile('records.json', {
    source: 'docs/secure-channel.md §7. Here a generation lasts two records instead of 2^20, so that the change shows.',
    sessionId: hex(sessionId),
    streamId,
    path: DEFAULT_PATH,
    head,
    secrets: hexed(secrets),
    requestContext: hex(contexts[0]),
    responseContext: hex(contexts[1]),
    request,
    response,
  });
});

test('base64url has one form', () => {
  expect(toBase64url(u32(0xfbff_fe00))).toBe('-__-AA');
  expect(() => fromBase64url('-__-AB')).toThrow();
  expect(() => fromBase64url('-__-AA==')).toThrow();
});
