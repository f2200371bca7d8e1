import { ChannelError } from '../errors.ts';
import { type Bytes, lengthPrefixed, readU32, utf8, writeU32 } from './bytes.ts';
import { CONTENT_TYPE, type Direction } from './constants.ts';
import type { Hashes } from './hashes.ts';
import type { ReceivingKeys, SendingKeys } from './traffic-keys.ts';

export const MAX_CONTENT_BYTES = 65_532;
export const FRAME_HEADER_BYTES = 9;
const MAX_PLAINTEXT_BYTES = 65_536;
const TAG_BYTES = 16;
const FIN = 1;

/** What a cipher needs to seal or open one record. */
export interface RecordJob<K> {
  readonly key: K;
  readonly nonce: Bytes;
  readonly aad: Bytes;
}

/** One direction of one stream; numbers and binds records, leaves the cipher to its side (docs/secure-channel.md §7). */
export interface StreamBinding {
  readonly sessionId: Uint8Array;
  readonly direction: Direction;
  readonly streamId: number;
  /** 32 bytes bound into the first record. */
  readonly context: Uint8Array;
}

/** The 12-byte nonce of a record: never the same twice under a key while stream ids are not used again. */
export function recordNonce(iv: Uint8Array, streamId: number, seq: number): Bytes {
  const nonce = new Uint8Array(iv);
  xorU32(nonce, 0, streamId);
  xorU32(nonce, 4, Math.floor(seq / 2 ** 32));
  xorU32(nonce, 8, seq);
  return nonce;
}

/** Makes the AAD of the records of a stream, each in bytes of its own. */
function recordAads({ sessionId, direction, streamId, context }: StreamBinding): (seq: number, flags: number, generation: number) => Bytes {
  const at = 1 + sessionId.length;
  const size = at + 1 + 4 + 8 + 1 + 4;
  return (seq, flags, generation) => {
    const aad = new Uint8Array(seq === 0 ? size + context.length : size);
    aad[0] = sessionId.length;
    aad.set(sessionId, 1);
    aad[at] = direction;
    writeU32(aad, at + 1, streamId);
    writeU32(aad, at + 5, Math.floor(seq / 2 ** 32));
    writeU32(aad, at + 9, seq);
    aad[at + 13] = flags;
    writeU32(aad, at + 14, generation);
    if (seq === 0) aad.set(context, size);
    return aad;
  };
}

/** Length of a padded plaintext: a bucket, so that lengths of tokens and answers show only roughly. */
export function paddedLength(contentBytes: number): number {
  const bytes = contentBytes + 4;
  return [64, 256].find((bucket) => bytes <= bucket) ?? Math.ceil(bytes / 1024) * 1024;
}

export function pad(content: Uint8Array): Bytes {
  const padded = new Uint8Array(paddedLength(content.length));
  writeU32(padded, 0, content.length);
  padded.set(content, 4);
  return padded;
}

function unpad(plaintext: Uint8Array): Uint8Array {
  const length = readU32(plaintext);
  if (plaintext.length < 4 || length > MAX_CONTENT_BYTES || paddedLength(length) !== plaintext.length)
    throw new ChannelError('record_refused');
  return plaintext.subarray(4, 4 + length);
}

export interface OutgoingRecord<K> extends RecordJob<K> {
  readonly plaintext: Bytes;
  /** The whole frame: its header is written, the sealed bytes go behind it. */
  readonly frame: Bytes;
}

/** Numbers the records to send. Each call spends a nonce: seal what it returns once. */
export function recordSender<K>(binding: StreamBinding, keys: SendingKeys<K>): (content: Uint8Array, isLast: boolean) => OutgoingRecord<K> {
  const aadOf = recordAads(binding);
  let seq = 0;
  let ended = false;
  return (content, isLast) => {
    if (ended || content.length > MAX_CONTENT_BYTES) throw new ChannelError('too_large');
    ended = isLast;
    const plaintext = pad(content);
    const flags = isLast ? FIN : 0;
    const { number, key, iv } = keys.take(plaintext.length);
    const frame = new Uint8Array(FRAME_HEADER_BYTES + plaintext.length + TAG_BYTES);
    writeU32(frame, 0, frame.length - 4);
    frame[4] = flags;
    writeU32(frame, 5, number);
    const job = { key, nonce: recordNonce(iv, binding.streamId, seq), aad: aadOf(seq, flags, number), plaintext, frame };
    seq++;
    return job;
  };
}

export interface IncomingRecord<K> extends RecordJob<K> {
  readonly sealed: Bytes;
  /** Takes what the cipher opened, moves the numbers on and gives the content. */
  accept(plaintext: Uint8Array): { content: Uint8Array; isLast: boolean };
}

/** Expects the records of a stream in order; takes frames without their length. */
export function recordReceiver<K>(binding: StreamBinding, keys: ReceivingKeys<K>): (frame: Bytes) => IncomingRecord<K> {
  const aadOf = recordAads(binding);
  let seq = 0;
  return (frame) => {
    const [flags = 0] = frame;
    const number = readU32(frame, 1);
    if (flags > FIN) throw new ChannelError('record_refused');
    const { key, iv } = keys.find(number);
    return {
      key,
      nonce: recordNonce(iv, binding.streamId, seq),
      aad: aadOf(seq, flags, number),
      sealed: frame.subarray(FRAME_HEADER_BYTES - 4),
      accept(plaintext) {
        const content = unpad(plaintext);
        keys.opened(number);
        seq++;
        return { content, isLast: flags === FIN };
      },
    };
  };
}

/** @throws ChannelError `record_refused` for a length that no record has */
export function checkFrameLength(length: number): number {
  if (length < FRAME_HEADER_BYTES - 4 + 64 + TAG_BYTES || length > FRAME_HEADER_BYTES - 4 + MAX_PLAINTEXT_BYTES + TAG_BYTES)
    throw new ChannelError('record_refused');
  return length;
}

/** Binds a sealed request to the one path that takes them. */
export function requestContext(hashes: Hashes, path: string): Uint8Array {
  return hashes.sha256(lengthPrefixed(utf8('POST'), utf8(path), utf8(CONTENT_TYPE)));
}

/** Binds a sealed response to the request it answers. */
export function responseContext(
  hashes: Hashes,
  head: { method: string; path: string; headers: readonly (readonly [string, string])[] },
): Uint8Array {
  const contentType = head.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  return hashes.sha256(lengthPrefixed(utf8(head.method), utf8(head.path), utf8(contentType)));
}

function xorU32(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, readU32(bytes, at) ^ value);
}
