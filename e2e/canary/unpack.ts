// Compressed streams inside of any bytes, found by how they begin.
import { brotliDecompressSync, constants, inflateRawSync, inflateSync } from 'node:zlib';

const LIMIT = { maxOutputLength: 64 * 1024 * 1024 };
/** What is cut off is unpacked as far as it goes. */
const PARTIAL = { ...LIMIT, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI_PARTIAL = { ...LIMIT, finishFlush: constants.BROTLI_OPERATION_FLUSH };
const ZIP_HEADER_BYTES = 30;

/** Yields what gzip, zlib and ZIP streams at any offset hold, and what the whole is as Brotli or raw deflate. */
export function* unpack(bytes: Uint8Array): Generator<Uint8Array> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= view.length; at++) {
    const first = view[at];
    if (first === 0x1f && view[at + 1] === 0x8b && view[at + 2] === 8) yield* attempt(() => gunzip(view.subarray(at)));
    // RFC 1950 §2.2: method and flags are a multiple of 31.
    else if (first === 0x78 && view.readUInt16BE(at) % 31 === 0) yield* attempt(() => inflateSync(view.subarray(at), PARTIAL));
    else if (first === 0x50 && view.readUInt32LE(at) === 0x04034b50) yield* unpackEntry(view.subarray(at));
  }
  yield* attempt(() => brotliDecompressSync(bytes, BROTLI_PARTIAL));
  yield* attempt(() => inflateRawSync(bytes, PARTIAL));
}

/** APPNOTE.TXT 4.3.7: the lengths of name and extra field stand in the local header; method 8 is deflate. */
function* unpackEntry(entry: Buffer): Generator<Uint8Array> {
  if (entry.length < ZIP_HEADER_BYTES || entry.readUInt16LE(8) !== 8) return;
  const start = ZIP_HEADER_BYTES + entry.readUInt16LE(26) + entry.readUInt16LE(28);
  yield* attempt(() => inflateRawSync(entry.subarray(start), PARTIAL));
}

/** RFC 1952 §2.3. Not zlib's own gunzip, which takes what follows for another member and throws. */
function gunzip(member: Buffer): Uint8Array {
  const flags = member.readUInt8(3);
  let start = 10;
  if (flags & 4) start += 2 + member.readUInt16LE(start);
  for (const text of [8, 16]) if (flags & text) start = member.indexOf(0, start) + 1;
  if (flags & 2) start += 2;
  return inflateRawSync(member.subarray(start), PARTIAL);
}

function* attempt(inflate: () => Uint8Array): Generator<Uint8Array> {
  try {
    const bytes = inflate();
    if (bytes.length) yield bytes;
  } catch {
    // it only began like a stream
  }
}
