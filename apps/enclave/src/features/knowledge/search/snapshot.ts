// The frame of a snapshot: a head that names the format and the length and digest of every part, so that nothing is read that was not written.

import { createHash } from 'node:crypto';

const FORMAT = new TextEncoder().encode('PrivexBot knowledge index 1\n');
const COUNT_BYTES = 4;
const LENGTH_BYTES = 4;
const DIGEST_BYTES = 32;
const MAX_PARTS = 100_000;

/** Thrown for snapshots that are damaged or of another version; the index is then built anew from its passages. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`The snapshot cannot be used: ${problem}. Build the index anew from its passages.`, options);
  }
}

/** A head, then the parts, to be stored in this order. */
export function frame(parts: readonly Uint8Array[]): Uint8Array[] {
  const head = new Uint8Array(FORMAT.length + COUNT_BYTES + parts.length * (LENGTH_BYTES + DIGEST_BYTES));
  const view = new DataView(head.buffer);
  head.set(FORMAT);
  view.setUint32(FORMAT.length, parts.length, true);
  let at = FORMAT.length + COUNT_BYTES;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    head.set(digest(part), at + LENGTH_BYTES);
    at += LENGTH_BYTES + DIGEST_BYTES;
  }
  return [head, ...parts];
}

/** The parts that were framed, from their bytes however they are cut. Throws a SnapshotError if anything is missing, added or changed. */
export function unframe(pieces: readonly Uint8Array[]): Uint8Array[] {
  const { take, isAtEnd } = reader(pieces);
  if (!isEqual(take(FORMAT.length), FORMAT)) throw new SnapshotError('it is of another format or version');
  const count = toView(take(COUNT_BYTES)).getUint32(0, true);
  if (count > MAX_PARTS) throw new SnapshotError('it claims too many parts');
  const heads = Array.from({ length: count }, () => ({
    length: toView(take(LENGTH_BYTES)).getUint32(0, true),
    digest: take(DIGEST_BYTES),
  }));
  const parts = heads.map(({ length, digest: expected }, at) => {
    const part = take(length);
    if (!isEqual(digest(part), expected)) throw new SnapshotError(`part ${at + 1} is damaged`);
    return part;
  });
  if (!isAtEnd()) throw new SnapshotError('something follows its end');
  return parts;
}

/** Takes bytes one after the other; they are copied only where they cross from one piece into the next. */
function reader(pieces: readonly Uint8Array[]): { take(length: number): Uint8Array; isAtEnd(): boolean } {
  const left = pieces.filter(({ length }) => length > 0).reverse();
  return {
    isAtEnd: () => left.length === 0,
    take(length) {
      const taken: Uint8Array[] = [];
      for (let missing = length; missing > 0; ) {
        const piece = left.pop();
        if (!piece) throw new SnapshotError('its end is missing');
        taken.push(piece.subarray(0, missing));
        if (piece.length > missing) left.push(piece.subarray(missing));
        missing -= Math.min(missing, piece.length);
      }
      return taken.length === 1 && taken[0] ? taken[0] : new Uint8Array(Buffer.concat(taken));
    },
  };
}

function toView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
