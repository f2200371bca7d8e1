import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Vectors } from './vectors.ts';

const PLAIN = { exactRows: Number.POSITIVE_INFINITY };

/** Seeded, so that a failure can be repeated. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function vector(dimensions: number, next: () => number): Int8Array {
  return Int8Array.from({ length: dimensions }, () => Math.round(next() * 127));
}

function cosine(a: Int8Array, b: Float32Array): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
    Array.from(x).reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test.each([1, 7, 64, 100, 384, 512, 1024, 4096])('scores are cosines in %i dimensions', (dimensions) => {
  const next = noise(dimensions);
  const index = new Vectors(dimensions);
  const rows = Array.from({ length: 5 }, () => vector(dimensions, next));
  for (const [slot, row] of rows.entries()) index.set(slot, row);
  const question = Float32Array.from({ length: dimensions }, next);
  for (const [slot, row] of rows.entries()) expect(index.ask(question).scores(slot)[0]).toBeCloseTo(cosine(row, question), 2);
});

test('extreme components do not overflow', () => {
  const index = new Vectors(4096);
  index.set(0, new Int8Array(4096).fill(127));
  index.set(1, new Int8Array(4096).fill(-128));
  const asked = index.ask(new Float32Array(4096).fill(1e30));
  expect(asked.scores(0)[0]).toBeCloseTo(1, 5);
  expect(asked.scores(1)[0]).toBeCloseTo(-1, 5);
});

test('a passage ranks by its best sentence', () => {
  const index = new Vectors(2);
  index.set(5, Int8Array.from([0, 127, 127, 1]));
  index.set(9, Int8Array.from([100, 60, 100, 70]));
  const asked = index.ask(Float32Array.from([1, 0]));
  expect(asked.best(10)).toEqual([5, 9]);
  expect(asked.scores(5)).toHaveLength(2);
});

test('only given slots are ranked when slots are given', () => {
  const index = new Vectors(2);
  for (let slot = 0; slot < 10; slot++) index.set(slot, Int8Array.from([127, slot]));
  expect(index.ask(Float32Array.from([1, 0])).best(10, [4, 2, 77])).toEqual([2, 4]);
});

test('an empty index finds nothing and a question of zeros is no failure', () => {
  const index = new Vectors(3);
  expect(index.ask(new Float32Array(3)).best(5)).toEqual([]);
  index.set(1, Int8Array.from([1, 2, 3]));
  expect(index.ask(new Float32Array(3)).scores(1)).toEqual([0]);
});

test('questions of other dimensions or without finite components are refused', () => {
  const index = new Vectors(3);
  expect(() => index.ask(new Float32Array(4))).toThrow(RangeError);
  expect(() => index.ask(Float32Array.from([1, Number.NaN, 0]))).toThrow(RangeError);
  expect(() => index.ask(Float32Array.from([1, Number.POSITIVE_INFINITY, 0]))).toThrow(RangeError);
  expect(() => new Vectors(0)).toThrow(RangeError);
  expect(() => index.set(0, new Int8Array(4))).toThrow(RangeError);
});

test('rows in several memories are searched like rows in one', () => {
  const next = noise(3);
  // Room for one block of 256 rows in each memory.
  const many = new Vectors(64, { bytesPerMemory: 1, ...PLAIN });
  const one = new Vectors(64, PLAIN);
  for (let slot = 0; slot < 700; slot++) {
    const rows = vector(64 * 3, next);
    many.set(slot, rows);
    one.set(slot, rows);
  }
  const question = Float32Array.from({ length: 64 }, next);
  expect(many.ask(question).best(20)).toEqual(one.ask(question).best(20));
  expect(many.ask(question).scores(699)).toEqual(one.ask(question).scores(699));
});

test('the filter of sign bits finds what the exact search finds in clustered vectors', () => {
  const next = noise(4);
  const centres = Array.from({ length: 50 }, () => Float32Array.from({ length: 128 }, next));
  const near = (spread: number): Float32Array => {
    const centre = centres[Math.floor((next() + 1) * 25)] ?? new Float32Array(128);
    return centre.map((component) => component + spread * next());
  };
  const filtered = new Vectors(128, { exactRows: 0, filteredRows: 200 });
  const exact = new Vectors(128, PLAIN);
  for (let slot = 0; slot < 4000; slot++) {
    const row = Int8Array.from(near(0.5), (component) => Math.round(component * 60));
    filtered.set(slot, row);
    exact.set(slot, row);
  }
  let found = 0;
  for (let asked = 0; asked < 50; asked++) {
    const question = near(0.5);
    const expected = new Set(exact.ask(question).best(10));
    found += filtered
      .ask(question)
      .best(10)
      .filter((slot) => expected.has(slot)).length;
  }
  expect(found / 500).toBeGreaterThan(0.97);
});

test('the filter keeps to twice its bound when all rows are the same', () => {
  const index = new Vectors(64, { exactRows: 0, filteredRows: 10 });
  for (let slot = 0; slot < 600; slot++) index.set(slot, new Int8Array(64).fill(5));
  expect(index.ask(new Float32Array(64).fill(1)).best(100)).toHaveLength(20);
});

test('any order of setting, replacing and removing leaves what a plain map holds', () => {
  const operation = fc.record({ slot: fc.nat({ max: 300 }), rows: fc.nat({ max: 12 }), seed: fc.nat() });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 600 }), fc.boolean(), (operations, isFiltered) => {
      const index = new Vectors(64, { bytesPerMemory: 1, ...(isFiltered ? { exactRows: 0, filteredRows: 100_000 } : PLAIN) });
      const held = new Map<number, Int8Array>();
      for (const { slot, rows, seed } of operations) {
        const vectors = vector(64 * rows, noise(seed));
        index.set(slot, vectors);
        if (rows > 0) held.set(slot, vectors);
        else held.delete(slot);
      }
      expect(index.slots).toBe(held.size);
      const asked = index.ask(Float32Array.from({ length: 64 }, noise(1)));
      expect(new Set(asked.best(1000))).toEqual(new Set(held.keys()));
      for (const [slot, vectors] of held) expect(index.get(slot)).toEqual(vectors);
      expect(
        Vectors.fromParts(index.toParts())
          .ask(Float32Array.from({ length: 64 }, noise(1)))
          .best(1000),
      ).toEqual(asked.best(1000));
    }),
    { numRuns: 40 },
  );
});
