// A client written from docs/secure-channel.md alone, with Node's own cryptography; shares no code with the package. It checks no evidence: that is
// another document's.
import crypto, { type KeyObject } from 'node:crypto';

// §1
export const V = 'privexbot-channel-1';
const u8 = (n: number) => Buffer.from([n]);
const u16 = (n: number) => Buffer.from([n >> 8, n & 255]);
const u32 = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
export const join = (...parts: Uint8Array[]) => Buffer.concat(parts);
const lp = (x: Uint8Array | string) => join(u32(Buffer.byteLength(x)), Buffer.from(x as Uint8Array));
const H = (data: Uint8Array) => crypto.createHash('sha256').update(data).digest();
const hmac = (key: Uint8Array, data: Uint8Array) => crypto.createHmac('sha256', key).update(data).digest();
/** RFC 5869 §2.3, at most one block, which is all the document asks for here. */
export const expand = (prk: Uint8Array, info: string, length: number) => hmac(prk, join(Buffer.from(info), u8(1))).subarray(0, length);
const CHANNEL_TYPE = 'application/vnd.privexbot.channel';

export function splitFields(message: Buffer, kind: number): Buffer[] {
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
export function keysOf(hello: Buffer[], answer: Buffer[], kemSecret: Uint8Array, psk: Uint8Array) {
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
export function openAll(at: Direction, frames: Buffer): Buffer {
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

export interface IndependentSession {
  readonly evidence: Buffer;
  /** What the evidence must bind. */
  readonly reportData: Buffer;
  /** Sends one request and opens the whole answer. */
  request(method: string, path: string, headers: [string, string][], body: string): Promise<{ head: unknown; body: Buffer }>;
}

/** @param send posts a body to the channel's path, with this content type, and gives the answer's */
export async function openIndependently(
  origin: string,
  send: (body: Buffer, contentType: string) => Promise<Buffer>,
): Promise<IndependentSession> {
  // §3
  const kem = xWing();
  const hello = [Buffer.from(V), u16(1), crypto.randomBytes(32), kem.publicKey, Buffer.from(origin), Buffer.alloc(0)];
  const answer = splitFields(await send(join(u8(0), ...hello.map(lp)), CHANNEL_TYPE), 2);
  const [version, suite, ciphertext, sessionId, keyConfig, signature, identityKey] = answer;
  if (!version || !suite || !ciphertext || !sessionId || !keyConfig || !signature || !identityKey) throw new Error('fields');
  if (answer.length !== 14 || version.toString() !== V || suite.readUInt16BE() !== 1) throw new Error('version');
  // §4
  const identity = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: identityKey.toString('base64url') }, format: 'jwk' });
  if (!crypto.verify(null, join(lp(`${V} key-config`), lp(keyConfig)), identity, signature)) throw new Error('signature');
  if (!JSON.parse(keyConfig.toString()).origins.includes(origin)) throw new Error('origin');
  // §5, §6
  const keys = keysOf(hello, answer, kem.decapsulate(ciphertext), Buffer.alloc(0));
  let lastStreamId = 0;
  return {
    evidence: keys.evidence,
    reportData: keys.reportData,
    // §7, §9
    async request(method, path, headers, body) {
      const streamId = ++lastStreamId;
      const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
      const stream = { sessionId, streamId };
      const up = { ...stream, secret: keys.client, direction: 0 as const, context: H(join(lp('POST'), lp('/channel'), lp(CHANNEL_TYPE))) };
      const down = { ...stream, secret: keys.server, direction: 1 as const, context: H(join(lp(method), lp(path), lp(contentType))) };
      const frame = seal(up, 0, join(lp(JSON.stringify({ method, path, headers })), Buffer.from(body)), 1);
      const frames = await send(join(u8(1), u8(sessionId.length), sessionId, u32(streamId), frame), CHANNEL_TYPE);
      const opened = openAll(down, frames);
      const end = 4 + opened.readUInt32BE();
      return { head: JSON.parse(opened.subarray(4, end).toString()), body: opened.subarray(end) };
    },
  };
}
