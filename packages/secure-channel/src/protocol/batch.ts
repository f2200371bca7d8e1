import { ChannelError } from '../errors.ts';
import { type Bytes, concat, lengthPrefixed, readU32, u32, utf8 } from './bytes.ts';
import { VERSION } from './constants.ts';
import type { Hashes } from './hashes.ts';

// One quote for several handshakes: the tree of RFC 9162 §2.1 with SHA-512 (docs/secure-channel.md §5).

export const MAX_BATCH = 4096;
const HASH_BYTES = 64;

export interface Batch {
  /** What the quote commits. */
  readonly reportData: Uint8Array;
  /** The `batchPath` of each member, in their order. */
  readonly paths: readonly Bytes[];
}

export function batchOf(hashes: Hashes, members: readonly Uint8Array[]): Batch {
  if (members.length === 0 || members.length > MAX_BATCH) throw new RangeError(`A batch has 1 to ${MAX_BATCH} members.`);
  const siblings: Uint8Array[][] = members.map(() => []);
  const build = (from: number, to: number): Uint8Array => {
    if (to - from === 1) return leaf(hashes, members[from] ?? new Uint8Array());
    let split = 1;
    while (split * 2 < to - from) split *= 2;
    const left = build(from, from + split);
    const right = build(from + split, to);
    for (let index = from; index < to; index++) siblings[index]?.push(index < from + split ? right : left);
    return node(hashes, left, right);
  };
  const root = build(0, members.length);
  return {
    reportData: committed(hashes, members.length, root),
    paths: siblings.map((path, index) => concat(u32(index), u32(members.length), ...path)),
  };
}

/** The value that the evidence must commit for this handshake. @throws ChannelError `malformed_message` for a path that leads nowhere */
export function committedReportData(hashes: Hashes, reportData: Uint8Array, batchPath: Uint8Array): Uint8Array {
  if (batchPath.length === 0) return reportData;
  const index = readU32(batchPath);
  const size = readU32(batchPath, 4);
  if (batchPath.length < 8 || (batchPath.length - 8) % HASH_BYTES !== 0 || index >= size || size > MAX_BATCH)
    throw new ChannelError('malformed_message');
  // RFC 9162 §2.1.3.2
  let fn = index;
  let sn = size - 1;
  let root = leaf(hashes, reportData);
  for (let at = 8; at < batchPath.length; at += HASH_BYTES) {
    const sibling = batchPath.subarray(at, at + HASH_BYTES);
    if (sn === 0) throw new ChannelError('malformed_message');
    if (fn % 2 === 1 || fn === sn) {
      root = node(hashes, sibling, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn >>>= 1;
        sn >>>= 1;
      }
    } else root = node(hashes, root, sibling);
    fn >>>= 1;
    sn >>>= 1;
  }
  if (sn !== 0) throw new ChannelError('malformed_message');
  return committed(hashes, size, root);
}

function leaf({ sha512 }: Hashes, data: Uint8Array): Uint8Array {
  return sha512(concat(Uint8Array.of(0), data));
}

function node({ sha512 }: Hashes, left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha512(concat(Uint8Array.of(1), left, right));
}

function committed({ sha512 }: Hashes, size: number, root: Uint8Array): Uint8Array {
  return sha512(concat(lengthPrefixed(utf8(`${VERSION} batch`)), u32(size), root));
}
