// A client written from docs/secure-channel.md alone, with Node's own cryptography; shares no code with the package.
import crypto, { type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeServer, ORIGIN, tokens, transportTo } from './test-environment.ts';

// §1
const V = 'privexbot-channel-1';
const u8 = (n: number) => Buffer.from([n]);
const u16 = (n: number) => Buffer.from([n >> 8, n & 255]);
const u32 = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
const join = (...parts: Uint8Array[]) => Buffer.concat(parts);
const lp = (x: Uint8Array | string) => join(u32(Buffer.byteLength(x)), Buffer.from(x as Uint8Array));
const H = (data: Uint8Array) => crypto.createHash('sha256').update(data).digest();
const hmac = (key: Uint8Array, data: Uint8Array) => crypto.createHmac('sha256', key).update(data).digest();
/** RFC 5869 §2.3, at most one block, which is all the document asks for here. */
const expand = (prk: Uint8Array, info: string, length: number) => hmac(prk, join(Buffer.from(info), u8(1))).subarray(0, length);
const CHANNEL_TYPE = 'application/vnd.privexbot.channel';

function splitFields(message: Buffer, kind: number): Buffer[] {
  if (message[0] !== kind) throw new Error('kind');
  const fields: Buffer[] = [];
  for (let at = 1; at < message.length; ) {
    const end = at + 4 + message.readUInt32BE(at);
    if (end > message.length) throw new Error('length');
    fields.push(message.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

// §5, §6
function keysOf(hello: Buffer[], answer: Buffer[], kemSecret: Uint8Array, psk: Uint8Array) {
  const core = answer.slice(0, 10).map((field, index) => lp(index === 4 ? H(field) : field));
  const T = join(...hello.map(lp), ...core);
  const transcriptHash = H(join(lp(`${V} transcript`), T));
  const reportData = crypto
    .createHash('sha512')
    .update(join(lp(`${V} report-data`), T))
    .digest();
  const prk = hmac(transcriptHash, join(kemSecret, psk));
  const secret = (name: string) => expand(prk, `${V} ${name}`, 32);
  const [batchPath, evidence, ticket, confirm] = answer.slice(10);
  if (!batchPath || !evidence || !ticket || !confirm) throw new Error('fields');
  const expected = hmac(secret('confirm'), join(transcriptHash, lp(batchPath), lp(evidence), lp(ticket)));
  if (!crypto.timingSafeEqual(confirm, expected)) throw new Error('confirm');
  return { reportData, evidence, client: secret('client'), server: secret('server'), exporter: secret('exporter') };
}

// §2: X-Wing on Node's ML-KEM-768 and X25519
function xWing() {
  const m = crypto.generateKeyPairSync('ml-kem-768');
  const x = crypto.generateKeyPairSync('x25519');
  const raw = (key: KeyObject, length: number) => key.export({ format: 'der', type: 'spki' }).subarray(-length);
  const pkX = raw(x.publicKey, 32);
  return {
    publicKey: join(raw(m.publicKey, 1184), pkX),
    decapsulate(ciphertext: Buffer) {
      const ctX = ciphertext.subarray(1088);
      const peer = crypto.createPublicKey({ key: join(Buffer.from('302a300506032b656e032100', 'hex'), ctX), format: 'der', type: 'spki' });
      const ssM = crypto.decapsulate(m.privateKey, ciphertext.subarray(0, 1088));
      const ssX = crypto.diffieHellman({ privateKey: x.privateKey, publicKey: peer });
      return crypto
        .createHash('sha3-256')
        .update(join(ssM, ssX, ctX, pkX, Buffer.from('5c2e2f2f5e5c', 'hex')))
        .digest();
    },
  };
}

// §7
interface Direction {
  secret: Uint8Array;
  sessionId: Buffer;
  direction: 0 | 1;
  streamId: number;
  context: Uint8Array;
}

function recordParts({ secret, sessionId, direction, streamId, context }: Direction, seq: number, flags: number, generation: number) {
  let s = secret;
  for (let g = 0; g < generation; g++) s = expand(s, `${V} next`, 32);
  const counter = join(u32(streamId), u32(0), u32(seq));
  const nonce = expand(s, `${V} iv`, 12).map((byte, index) => byte ^ (counter[index] ?? 0));
  const bound = seq === 0 ? context : Buffer.alloc(0);
  const aad = join(u8(sessionId.length), sessionId, u8(direction), counter, u8(flags), u32(generation), bound);
  return { key: expand(s, `${V} key`, 32), nonce, aad };
}

function seal(at: Direction, seq: number, content: Buffer, flags: number): Buffer {
  const { key, nonce, aad } = recordParts(at, seq, flags, 0);
  const bytes = content.length + 4;
  const padded = bytes <= 64 ? 64 : bytes <= 256 ? 256 : Math.ceil(bytes / 1024) * 1024;
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  const sealed = join(cipher.update(join(u32(content.length), content, Buffer.alloc(padded - bytes))), cipher.final(), cipher.getAuthTag());
  return join(lp(join(u8(flags), u32(0), sealed)));
}

/** Opens the frames of one direction; the last must be FIN. */
function openAll(at: Direction, frames: Buffer): Buffer {
  const contents: Buffer[] = [];
  let flags = 0;
  for (let offset = 0, seq = 0; offset < frames.length; seq++) {
    const end = offset + 4 + frames.readUInt32BE(offset);
    flags = frames.readUInt8(offset + 4);
    const { key, nonce, aad } = recordParts(at, seq, flags, frames.readUInt32BE(offset + 5));
    const opener = crypto.createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad);
    opener.setAuthTag(frames.subarray(end - 16, end));
    const plaintext = join(opener.update(frames.subarray(offset + 9, end - 16)), opener.final());
    contents.push(plaintext.subarray(4, 4 + plaintext.readUInt32BE()));
    offset = end;
  }
  if (flags !== 1) throw new Error('no end');
  return join(...contents);
}

test('completes a handshake and a streamed chat', async () => {
  using server = makeServer({ coalesceMs: 0 });
  const transport = transportTo(server, async (request) => {
    expect(await request.json()).toEqual({ message: 'hello' });
    return tokens(40);
  });
  const send = async (body: Buffer) => {
    const headers = { 'content-type': CHANNEL_TYPE };
    const response = await transport(new Request(`${ORIGIN}/channel`, { method: 'POST', headers, body: new Uint8Array(body) }));
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };

  // §3
  const kem = xWing();
  const hello = [Buffer.from(V), u16(1), crypto.randomBytes(32), kem.publicKey, Buffer.from(ORIGIN), Buffer.alloc(0)];
  const answer = splitFields(await send(join(u8(0), ...hello.map(lp))), 2);
  const [version, suite, ciphertext, sessionId, keyConfig, signature, identityKey] = answer;
  if (!version || !suite || !ciphertext || !sessionId || !keyConfig || !signature || !identityKey) throw new Error('fields');
  expect([answer.length, version.toString(), suite.readUInt16BE()]).toEqual([14, V, 1]);
  // §4
  const identity = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: identityKey.toString('base64url') }, format: 'jwk' });
  expect(crypto.verify(null, join(lp(`${V} key-config`), lp(keyConfig)), identity, signature)).toBe(true);
  expect(JSON.parse(keyConfig.toString()).origins).toContain(ORIGIN);
  // §5, §6; in these tests evidence is the report data itself
  const keys = keysOf(hello, answer, kem.decapsulate(ciphertext), Buffer.alloc(0));
  expect(keys.evidence.equals(keys.reportData)).toBe(true);

  // §7, §9
  const streamId = 1;
  const head = { method: 'POST', path: '/v1/chat', headers: [['content-type', 'application/json']] };
  const up = {
    secret: keys.client,
    sessionId,
    direction: 0 as const,
    streamId,
    context: H(join(lp('POST'), lp('/channel'), lp(CHANNEL_TYPE))),
  };
  const down = { ...up, secret: keys.server, direction: 1 as const, context: H(join(lp('POST'), lp('/v1/chat'), lp('application/json'))) };
  const frame = seal(up, 0, join(lp(JSON.stringify(head)), Buffer.from('{"message":"hello"}')), 1);
  const opened = openAll(down, await send(join(u8(1), u8(sessionId.length), sessionId, u32(streamId), frame)));
  const end = 4 + opened.readUInt32BE();
  expect(JSON.parse(opened.subarray(4, end).toString())).toEqual({ status: 200, headers: [['content-type', 'text/event-stream']] });
  expect(opened.subarray(end).toString()).toBe(Array.from({ length: 40 }, (_, n) => `token ${n} `).join(''));
});

test('agrees with the vectors', () => {
  const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../vectors/secure-channel/${name}`, import.meta.url), 'utf8'));
  const bytes = (text: string) => Buffer.from(text, 'hex');
  const handshake = read('handshake.json');
  for (const row of [handshake.full, handshake.resumed]) {
    const keys = keysOf(splitFields(bytes(row.hello), 0), splitFields(bytes(row.answer), 2), bytes(row.kemSecret), bytes(row.psk));
    expect([keys.client, keys.server, keys.reportData].map((b) => b.toString('hex'))).toEqual([row.client, row.server, row.reportData]);
    expect(expand(keys.exporter, `${V} export ${row.exported.label}`, row.exported.length).toString('hex')).toBe(row.exported.value);
  }
  const { sessionId, streamId, secrets, request, response, requestContext, responseContext } = read('records.json');
  const shared = { sessionId: bytes(sessionId), streamId };
  for (const [direction, rows, secret, context] of [
    [0, request, secrets.client, requestContext],
    [1, response, secrets.server, responseContext],
  ] as const) {
    const at = { ...shared, direction, secret: bytes(secret), context: bytes(context) };
    const contents = openAll(at, join(...rows.map(({ frame }: { frame: string }) => bytes(frame))));
    expect(contents.toString('hex')).toBe(rows.map(({ content }: { content: string }) => content).join(''));
  }
});
