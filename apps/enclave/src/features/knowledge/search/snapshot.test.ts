import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame, SnapshotError, unframe } from './snapshot.ts';

const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });

function whole(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

test('parts come back from their bytes however these are cut', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 50 }), (made, size) => {
      const bytes = whole(frame(made));
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
      expect(unframe(pieces)).toEqual(made);
    }),
  );
});

test('every flipped bit and every cut is noticed', () => {
  const bytes = whole(frame([Uint8Array.from([1, 2, 3]), new Uint8Array(0), Uint8Array.from([4])]));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => unframe([damaged])).toThrow(SnapshotError);
  }
  for (let length = 0; length < bytes.length; length++) expect(() => unframe([bytes.subarray(0, length)])).toThrow(SnapshotError);
  expect(() => unframe([bytes, Uint8Array.from([0])])).toThrow(SnapshotError);
});
