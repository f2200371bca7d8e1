import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contrastRatio, inkOn, mix, nearestReadable } from './contrast.ts';

const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

test('black on white is 21 and a colour on itself is 1', () => {
  expect(contrastRatio('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrastRatio('#00717a', '#00717a')).toBe(1);
});

test('a brand colour that reads is used as it is', () => {
  expect(nearestReadable('#00717a', '#ffffff', 4.5)).toBe('#00717a');
});

test('any brand colour is moved until it reads on either ground', () => {
  fc.assert(
    fc.property(hex, fc.constantFrom('#ffffff', '#13161a', '#0c0f12'), (colour, ground) => {
      expect(contrastRatio(nearestReadable(colour, ground, 4.5), ground)).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

test('the ink chosen for any colour reaches 4.5', () => {
  fc.assert(
    fc.property(hex, (colour) => {
      expect(contrastRatio(inkOn(colour), colour)).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

test('mixing runs from one colour to the other', () => {
  expect(mix('#102030', '#ffffff', 0)).toBe('#102030');
  expect(mix('#102030', '#ffffff', 1)).toBe('#ffffff');
});
