import { ReadFailure } from './failures.ts';
import type { ByteQueue } from './frames.ts';
import { normaliseText } from './normalise.ts';

const SAMPLE_BYTES = 64 * 1024;
/** Of decoded characters, this share may be control or replacement characters before the file counts as binary. */
const TOLERATED_NOISE = 0.02;

const BYTE_ORDER_MARKS: readonly (readonly [label: string, bytes: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** Detected names that stand for a larger set in practice (WHATWG labels widen the others themselves). */
const WIDENED: Readonly<Record<string, string>> = { 'ISO-8859-8': 'windows-1255', 'ISO-8859-7': 'windows-1253', ASCII: 'utf-8' };

/**
 * Decodes a text of any common encoding and normalises it, piece by piece. What was declared counts unless the bytes contradict it.
 * Bytes that are ASCII so far are passed on; the encoding is told from the first 64 KiB in which another byte appears.
 * Throws `wrong_type` when the bytes are no text. No piece ends between CR and LF or inside a character.
 */
export async function* decodeText(bytes: ByteQueue, declared?: string): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let carry = '';
  let total = 0;
  let noise = 0;
  for (let isFirst = true; ; isFirst = false) {
    let chunk = await bytes.next();
    if (chunk.length === 0) break;
    if (!decoder && (isFirst || !isPlainAscii(chunk))) {
      bytes.unread(chunk);
      chunk = await bytes.take(SAMPLE_BYTES);
      decoder = decoderFor(isFirst ? await detectMarked(chunk, declared) : await detectEncoding(chunk));
    }
    const text = carry + (decoder ? decoder.decode(chunk, { stream: true }) : asciiDecoder.decode(chunk));
    carry = text.endsWith('\r') ? '\r' : '';
    const piece = carry ? text.slice(0, -1) : text;
    total += piece.length;
    noise += countNoise(piece);
    if (noise > TOLERATED_NOISE * total + 4) throw new ReadFailure('wrong_type');
    if (piece) yield normaliseText(piece);
  }
  const rest = carry + (decoder?.decode() ?? '');
  if (rest) yield normaliseText(rest);
}

const asciiDecoder = new TextDecoder('latin1');

/** The encoding of the first bytes: by byte order mark, by zeros, as declared; undefined while all is ASCII. */
async function detectMarked(head: Uint8Array, declared: string | undefined): Promise<string | undefined> {
  const marked = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, at) => head[at] === byte));
  if (marked) return marked[0];
  const wide = detectUtf16(head);
  if (wide) return wide;
  if (declared && isKnown(declared) && (!isUtf8Label(declared) || isUtf8(head))) return declared;
  return isPlainAscii(head) ? undefined : detectEncoding(head);
}

/** Zeros in one half of the pairs only: UTF-16 of a text with some Latin letters or spaces. */
function detectUtf16(head: Uint8Array): string | undefined {
  const zeros: [number, number] = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2 === 0 ? 0 : 1]++;
  const [even, odd] = zeros;
  const few = head.length / 200;
  if (odd > few && even === 0) return 'utf-16le';
  return even > few && odd === 0 ? 'utf-16be' : undefined;
}

async function detectEncoding(sample: Uint8Array): Promise<string> {
  if (isUtf8(sample)) return 'utf-8';
  const { analyse } = await import('chardet'); // 30 ms, and most texts are UTF-8
  for (const { name } of analyse(sample)) {
    const label = WIDENED[name] ?? name;
    if (isKnown(label)) return label;
  }
  return 'windows-1252';
}

/** Whether it is UTF-8, the last character perhaps cut. */
function isUtf8(sample: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function isUtf8Label(label: string): boolean {
  return new TextDecoder(label).encoding === 'utf-8';
}

function isKnown(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

function decoderFor(label: string | undefined): InstanceType<typeof TextDecoder> | undefined {
  return label === undefined ? undefined : new TextDecoder(label);
}

/** ASCII without ESC, which begins the shifts of ISO-2022. */
function isPlainAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f || byte === 0x1b) return false;
  return true;
}

function countNoise(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 9 || (code > 13 && code < 32) || (code >= 0x7f && code < 0xa0 && code !== 0x85) || code === 0xfffd) count++;
  }
  return count;
}
