import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantise } from './embedder.ts';

test('the largest component becomes 127, the direction stays', () => {
  expect([...quantise(Float32Array.from([0.5, -1, 0.25]))]).toEqual([64, -127, 32]);
});

test('zeros and what is not finite become zeros', () => {
  expect([...quantise(new Float32Array(3))]).toEqual([0, 0, 0]);
  expect([...quantise(Float32Array.from([1, Number.POSITIVE_INFINITY]))]).toEqual([0, 0]);
});

test('no component is off by more than half a step', () => {
  const vector = fc.float32Array({ minLength: 1, min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(vector, (components) => {
      const peak = Math.max(...components.map(Math.abs));
      for (const [at, byte] of quantise(components).entries()) {
        expect(Math.abs((byte * peak) / 127 - (components[at] ?? 0))).toBeLessThanOrEqual(peak / 254 + 1e-6);
      }
    }),
  );
});
