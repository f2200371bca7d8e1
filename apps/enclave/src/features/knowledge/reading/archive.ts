import { crc32, createInflateRaw } from 'node:zlib';
import { ReadFailure } from './failures.ts';
import type { ReadLimits } from './limits.ts';

// Signatures and layouts: PKWARE APPNOTE.TXT 6.3.10 §4.3 (central directory, end record, local header) and §4.5.3 (Zip64 sizes).
const END_RECORD = 0x06054b50;
const CENTRAL_HEADER = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_RECORD_BYTES = 22;
const CENTRAL_HEADER_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
const IN_ZIP64_EXTRA = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 1;
const CHUNK_BYTES = 64 * 1024;
/** Small parts may be packed better than `maxRatio`: white space and repeated rows often are. */
const RATIO_COUNTS_FROM = 8 * 1024 * 1024;

/** The parts of a ZIP archive, unpacked on demand and never beyond the limits, whatever its headers claim. */
export type Archive = {
  names: readonly string[];
  has: (name: string) => boolean;
  /** The unpacked size that the directory claims. */
  claimedBytes: (name: string) => number;
  /** Throws `corrupt` when there is no such part. */
  stream: (name: string) => AsyncGenerator<Uint8Array>;
};

type Entry = { name: string; isEncrypted: boolean; method: number; crc: number; packedBytes: number; claimedBytes: number; offset: number };

/** Opens a ZIP archive by its central directory. Throws `corrupt` or `archive_bomb`. */
export function openArchive(bytes: Uint8Array, limits: ReadLimits): Archive {
  const entries = new Map(readDirectory(bytes, limits).map((entry) => [entry.name, entry]));
  let unpackedBytes = 0;

  async function* stream(name: string): AsyncGenerator<Uint8Array> {
    const entry = entries.get(name);
    if (!entry) throw new ReadFailure('corrupt');
    if (entry.isEncrypted) throw new ReadFailure('encrypted');
    let entryBytes = 0;
    let crc = 0;
    for await (const chunk of unpack(packedPart(bytes, entry), entry.method)) {
      entryBytes += chunk.length;
      unpackedBytes += chunk.length;
      const isTooDense = entryBytes > RATIO_COUNTS_FROM && entryBytes > limits.maxRatio * entry.packedBytes;
      if (isTooDense || entryBytes > limits.maxEntryBytes || unpackedBytes > limits.maxUnpackedBytes) throw new ReadFailure('archive_bomb');
      crc = crc32(chunk, crc);
      yield chunk;
    }
    if (crc !== entry.crc) throw new ReadFailure('corrupt');
  }

  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    claimedBytes: (name) => entries.get(name)?.claimedBytes ?? 0,
    stream,
  };
}

/** The whole of a part. */
export async function readPart(archive: Archive, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive.stream(name)) chunks.push(chunk);
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function readDirectory(bytes: Uint8Array, { maxEntries }: ReadLimits): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = findEndRecord(view);
  const count = view.getUint16(end + 10, true);
  if (count > maxEntries) throw new ReadFailure('archive_bomb');
  const size = view.getUint32(end + 12, true);
  // Bytes before the archive (a self-extractor's program) shift all offsets.
  const shift = end - size - view.getUint32(end + 16, true);
  let at = end - size;
  if (at < 0 || shift < 0) throw new ReadFailure('corrupt');
  return Array.from({ length: count }, () => {
    if (at + CENTRAL_HEADER_BYTES > end || view.getUint32(at, true) !== CENTRAL_HEADER) throw new ReadFailure('corrupt');
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const nameAt = at + CENTRAL_HEADER_BYTES;
    const wide = readZip64Extra(view, nameAt + nameBytes, Math.min(nameAt + nameBytes + extraBytes, end));
    const claimed = view.getUint32(at + 24, true);
    const packed = view.getUint32(at + 20, true);
    const offset = view.getUint32(at + 42, true);
    const entry: Entry = {
      name: decodeName(bytes.subarray(nameAt, nameAt + nameBytes)),
      isEncrypted: (view.getUint16(at + 8, true) & ENCRYPTED_FLAG) !== 0,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      claimedBytes: claimed === IN_ZIP64_EXTRA ? wide() : claimed,
      packedBytes: packed === IN_ZIP64_EXTRA ? wide() : packed,
      offset: shift + (offset === IN_ZIP64_EXTRA ? wide() : offset),
    };
    at = nameAt + nameBytes + extraBytes + view.getUint16(at + 32, true);
    return entry;
  });
}

function findEndRecord(view: DataView): number {
  const last = view.byteLength - END_RECORD_BYTES;
  for (let at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) if (view.getUint32(at, true) === END_RECORD) return at;
  throw new ReadFailure('corrupt');
}

/** Gives the 64-bit values of an entry one after the other, in the order of its header. */
function readZip64Extra(view: DataView, from: number, to: number): () => number {
  let at = from;
  while (at + 4 <= to && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  at += 4;
  return () => {
    at += 8;
    if (at > to) throw new ReadFailure('corrupt');
    return Number(view.getBigUint64(at - 8, true));
  };
}

function packedPart(bytes: Uint8Array, { offset, packedBytes }: Entry): Uint8Array {
  if (offset + LOCAL_HEADER_BYTES > bytes.length) throw new ReadFailure('corrupt');
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, LOCAL_HEADER_BYTES);
  const from = offset + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== LOCAL_HEADER || from + packedBytes > bytes.length) throw new ReadFailure('corrupt');
  return bytes.subarray(from, from + packedBytes);
}

async function* unpack(packed: Uint8Array, method: number): AsyncGenerator<Uint8Array> {
  if (method !== STORED && method !== DEFLATED) throw new ReadFailure('unsupported');
  if (method === STORED) {
    for (let at = 0; at < packed.length; at += CHUNK_BYTES) yield packed.subarray(at, at + CHUNK_BYTES);
    return;
  }
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  inflate.end(packed);
  for await (const chunk of inflate) yield chunk;
}

function decodeName(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\\', '/');
}
