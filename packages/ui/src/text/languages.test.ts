import { expect, test } from 'vitest';
import { nearestLanguage } from './languages.ts';

test.each([
  [['es-MX', 'en'], 'es'],
  [['fr-FR', 'es'], 'es'],
  [['ar'], 'en'],
  [['ar-XB'], 'ar-XB'],
  [[], 'en'],
])('%j gets %s', (wanted, expected) => {
  expect(nearestLanguage(wanted).tag).toBe(expected);
});
