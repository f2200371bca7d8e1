/** What an enclave says of its release: `release` of the channel's answer (docs/release-log.md). */
import { concatBytes, fromBase64url, ParseError, toBase64url } from '../bytes.ts';
import { asObject, decodeCanonical, encodeCanonical, type Json, requireMembers, textOf, wholeNumberOf } from '../canonical-json.ts';
import { type Frontier, HASH_BYTES, MAX_SIZE, peakCount } from './merkle.ts';

export interface ReleaseStatement {
  /** The entry's canonical JSON, byte for byte. */
  readonly entry: Uint8Array;
  readonly index: number;
  /** RFC 9162 §2.1.3. */
  readonly inclusion: readonly Uint8Array[];
  /** A signed note, of which the tree is. */
  readonly checkpoint: string;
  readonly history: History;
}

/**
 * How the log grew, as far back as there is room: the tree at an earlier size, and the hash of each leaf after it. The root at any size
 * since follows from it, so that whoever remembers one can see that nothing was rewritten, whichever size that was.
 */
export interface History extends Frontier {
  readonly leaves: readonly Uint8Array[];
}

export const MAX_STATEMENT_BYTES = 64 * 1024;

/** Canonical JSON. Throws a ParseError for a statement that nobody would accept. */
export function encodeReleaseStatement(statement: ReleaseStatement): Uint8Array<ArrayBuffer> {
  const { entry, index, inclusion, checkpoint, history } = statement;
  const bytes = encodeCanonical({
    v: 1,
    entry: decodeCanonical(entry, 'The release', MAX_STATEMENT_BYTES),
    index,
    inclusion: joined(inclusion),
    checkpoint,
    history: { size: history.size, peaks: joined(history.peaks), leaves: joined(history.leaves) },
  });
  decodeReleaseStatement(bytes);
  return bytes;
}

/** Throws a ParseError unless the bytes are the one form that `encodeReleaseStatement` writes. */
export function decodeReleaseStatement(bytes: Uint8Array): ReleaseStatement {
  const json = decodeCanonical(bytes, 'The statement of the release', MAX_STATEMENT_BYTES);
  requireMembers(json, 'The statement of the release', 'v', 'entry', 'index', 'inclusion', 'checkpoint', 'history');
  if (json.v !== 1) throw new ParseError('The statement of the release is of an unknown version');
  const history = asObject(json.history, 'history');
  requireMembers(history, 'history', 'size', 'peaks', 'leaves');
  const size = wholeNumberOf(history, 'size');
  const peaks = hashesOf(history, 'peaks');
  if (size > MAX_SIZE || peaks.length !== peakCount(size)) throw new ParseError('history is not a tree of its size');
  return {
    // Within canonical JSON each part is canonical as well.
    entry: encodeCanonical(asObject(json.entry, 'The release')),
    index: wholeNumberOf(json, 'index'),
    inclusion: hashesOf(json, 'inclusion'),
    checkpoint: textOf(json, 'checkpoint'),
    history: { size, peaks, leaves: hashesOf(history, 'leaves') },
  };
}

function joined(hashes: readonly Uint8Array[]): string {
  return toBase64url(concatBytes(...hashes));
}

function hashesOf(json: Json, name: string): Uint8Array[] {
  const bytes = fromBase64url(textOf(json, name));
  if (bytes.length % HASH_BYTES !== 0) throw new ParseError(`${name} is not a row of hashes`);
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, index) => bytes.subarray(HASH_BYTES * index, HASH_BYTES * (index + 1)));
}
