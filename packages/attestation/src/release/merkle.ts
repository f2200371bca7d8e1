/** The Merkle tree of RFC 9162 §2.1 with SHA-256. */
import { concatBytes, equalBytes } from '../bytes.ts';

export interface TreeHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

export const HASH_BYTES = 32;
/** So that sizes and indexes can be shifted as 32-bit integers; no log of releases comes near. */
export const MAX_SIZE = 0x7fff_ffff;

export function leafHash(entry: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(Uint8Array.of(0), entry);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(Uint8Array.of(1), left, right);
}

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concatBytes(...parts)));
}

/** Whether the leaf with this hash stands at `index` in the tree: RFC 9162 §2.1.3.2. */
export async function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  proof: readonly Uint8Array[],
  { size, root }: TreeHead,
): Promise<boolean> {
  if (!isIndex(index, size)) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = await nodeHash(sibling, hash);
      for (; at % 2 === 0 && at !== 0; at >>>= 1) last >>>= 1;
    } else hash = await nodeHash(hash, sibling);
    at >>>= 1;
    last >>>= 1;
  }
  return last === 0 && equalBytes(hash, root);
}

/** Whether the tree `to` begins with all leaves of the tree `from`: RFC 9162 §2.1.4.2. A tree is consistent with itself and with none at all. */
export async function verifyConsistency(from: TreeHead, to: TreeHead, proof: readonly Uint8Array[]): Promise<boolean> {
  if (!isIndex(from.size, to.size + 1)) return false;
  if (from.size === to.size) return proof.length === 0 && equalBytes(from.root, to.root);
  if (from.size === 0) return proof.length === 0;
  const isWhole = (from.size & (from.size - 1)) === 0;
  const [start, ...rest] = isWhole ? [from.root, ...proof] : proof;
  if (!start) return false;
  let at = from.size - 1;
  let last = to.size - 1;
  for (; at % 2 === 1; at >>>= 1) last >>>= 1;
  let before = start;
  let after = start;
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      before = await nodeHash(hash, before);
      after = await nodeHash(hash, after);
      for (; at % 2 === 0 && at !== 0; at >>>= 1) last >>>= 1;
    } else after = await nodeHash(after, hash);
    at >>>= 1;
    last >>>= 1;
  }
  return last === 0 && equalBytes(before, from.root) && equalBytes(after, to.root);
}

function isIndex(index: number, size: number): boolean {
  return Number.isInteger(index) && Number.isInteger(size) && index >= 0 && index < size && size <= MAX_SIZE + 1;
}

/** A tree that grows: the hashes of the largest whole subtrees that it consists of, from left to right. */
export interface Frontier {
  readonly size: number;
  readonly peaks: readonly Uint8Array[];
}

export const EMPTY: Frontier = { size: 0, peaks: [] };

export async function appendLeaf({ size, peaks }: Frontier, leaf: Uint8Array): Promise<Frontier> {
  let node = leaf;
  let kept = peaks.length;
  // As in adding one to a binary number: every trailing one of the size is a whole subtree that the new node completes.
  for (let rest = size; rest % 2 === 1; rest >>>= 1) node = await nodeHash(peaks[--kept] ?? EMPTY_HASH, node);
  return { size: size + 1, peaks: [...peaks.slice(0, kept), node] };
}

/** The root of RFC 9162 §2.1.1. */
export async function rootOf({ peaks }: Frontier): Promise<Uint8Array> {
  const last = peaks.at(-1);
  if (!last) return sha256();
  let root = last;
  for (const peak of peaks.slice(0, -1).toReversed()) root = await nodeHash(peak, root);
  return root;
}

const EMPTY_HASH = new Uint8Array(HASH_BYTES);

/** How many whole subtrees a tree of this size consists of. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
}
