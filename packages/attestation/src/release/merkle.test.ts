import { expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import { appendLeaf, EMPTY, type Frontier, leafHash, peakCount, rootOf, verifyConsistency, verifyInclusion } from './merkle.ts';
import { consistencyProof, inclusionProof, treeHeadOf } from './write-log.ts';

/** The entries and roots that implementations of RFC 6962 test themselves with. */
const KNOWN: readonly [entry: string, root: string][] = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  ['606162636465666768696a6b6c6d6e6f', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
];
const MAX = 21;
const entries = Array.from({ length: MAX }, (_, index) => Uint8Array.of(index, index * 7));
const heads = await Promise.all(Array.from({ length: MAX + 1 }, (_, size) => treeHeadOf(entries.slice(0, size))));

/** RFC 9162 §2.1.1, word for word. */
async function mth(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  const hash = async (...parts: Uint8Array[]) => new Uint8Array(await crypto.subtle.digest('SHA-256', concatBytes(...parts)));
  const [only, ...others] = leaves;
  if (!only) return hash();
  if (others.length === 0) return hash(Uint8Array.of(0), only);
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return hash(Uint8Array.of(1), await mth(leaves.slice(0, k)), await mth(leaves.slice(k)));
}

function headOf(size: number) {
  const head = heads[size];
  if (!head) throw new Error(`No head of size ${size}`);
  return head;
}

test('the roots are those that other implementations have', async () => {
  for (const [index, [, root]] of KNOWN.entries()) {
    expect(toHex((await treeHeadOf(KNOWN.slice(0, index + 1).map(([entry]) => fromHex(entry)))).root)).toBe(root);
  }
  expect(toHex((await treeHeadOf([])).root)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('the root of a tree that grows is that of its definition, at each size', async () => {
  let tree: Frontier = EMPTY;
  for (const [index, entry] of entries.entries()) {
    tree = await appendLeaf(tree, await leafHash(entry));
    expect(tree.size).toBe(index + 1);
    expect(tree.peaks.length).toBe(peakCount(tree.size));
    expect(await rootOf(tree)).toEqual(await mth(entries.slice(0, index + 1)));
  }
});

test('each entry of each tree is proven, and nothing else is by the same proof', async () => {
  for (let size = 1; size <= MAX; size++) {
    for (let index = 0; index < size; index++) {
      const proof = await inclusionProof(entries.slice(0, size), index);
      const leaf = await leafHash(entries[index] ?? new Uint8Array());
      const label = `${index} of ${size}`;
      expect(await verifyInclusion(leaf, index, proof, headOf(size)), label).toBe(true);
      const other = await leafHash(Uint8Array.of(99));
      expect(await verifyInclusion(other, index, proof, headOf(size)), label).toBe(false);
      for (const wrong of [index - 1, index + 1, index + 0.5, size, Number.NaN]) {
        expect(await verifyInclusion(leaf, wrong, proof, headOf(size)), `${label} at ${wrong}`).toBe(false);
      }
      expect(await verifyInclusion(leaf, index, [...proof, other], headOf(size)), label).toBe(false);
      if (proof.length > 0) expect(await verifyInclusion(leaf, index, proof.slice(1), headOf(size)), label).toBe(false);
      if (proof.length > 0) expect(await verifyInclusion(leaf, index, proof.slice(0, -1), headOf(size)), label).toBe(false);
      for (const at of proof.keys()) {
        const altered = proof.map((hash, each) => (each === at ? flipped(hash) : hash));
        expect(await verifyInclusion(leaf, index, altered, headOf(size)), label).toBe(false);
      }
    }
  }
});

test('each tree is proven to begin with each smaller one, and another tree is not', async () => {
  for (let to = 0; to <= MAX; to++) {
    for (let from = 0; from <= to; from++) {
      const label = `${from} to ${to}`;
      const proof = await consistencyProof(entries.slice(0, to), from);
      expect(await verifyConsistency(headOf(from), headOf(to), proof), label).toBe(true);
      if (from === 0) continue;
      const rewritten = { ...headOf(from), root: flipped(headOf(from).root) };
      expect(await verifyConsistency(rewritten, headOf(to), proof), label).toBe(false);
      expect(await verifyConsistency(headOf(from), { ...headOf(to), root: flipped(headOf(to).root) }, proof), label).toBe(false);
      expect(await verifyConsistency(headOf(from), headOf(to), [...proof, headOf(1).root]), label).toBe(false);
      if (proof.length > 0) expect(await verifyConsistency(headOf(from), headOf(to), proof.slice(0, -1)), label).toBe(false);
      if (to > from) expect(await verifyConsistency(headOf(to), headOf(from), proof), label).toBe(false);
      for (const at of proof.keys()) {
        const altered = proof.map((hash, each) => (each === at ? flipped(hash) : hash));
        expect(await verifyConsistency(headOf(from), headOf(to), altered), label).toBe(false);
      }
    }
  }
});

test('sizes that are none are consistent with nothing', async () => {
  for (const size of [-1, 0.5, Number.NaN, 2 ** 40]) {
    expect(await verifyConsistency({ ...headOf(1), size }, headOf(2), [])).toBe(false);
    expect(await verifyConsistency(headOf(1), { ...headOf(2), size }, [])).toBe(false);
  }
});

function flipped(hash: Uint8Array): Uint8Array {
  return hash.map((byte, at) => (at === 5 ? byte ^ 1 : byte));
}
