import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brandTokens } from './brand.ts';
import { contrastRatio } from './contrast.ts';

const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

test('whatever colour a bot has, words and buttons in it can be read in both themes', () => {
  const property = fc.property(hex, fc.constantFrom('light' as const, 'dark' as const), (colour, theme) => {
    const tokens = brandTokens(colour, theme);
    const pairs = [
      ['--on-accent', '--accent'],
      ['--accent-text', '--accent-soft'],
    ] as const;
    for (const [ink, ground] of pairs) expect(contrastRatio(tokens[ink] ?? '', tokens[ground] ?? '')).toBeGreaterThanOrEqual(4.5);
    expect(contrastRatio(tokens['--accent'] ?? '', theme === 'light' ? '#ffffff' : '#13161a')).toBeGreaterThanOrEqual(4.5);
  });
  fc.assert(property);
});
