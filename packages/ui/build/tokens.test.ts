import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contrastRatio } from '../src/contrast.ts';

const css = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8');
const themes = { light: readTokens('.light {'), dark: readTokens('.dark {') };

/** Foreground, background, and the ratio stated for light and dark. */
const STATED: readonly [string, string, number, string, string, number][] = [
  ['text', 'sunken', 15.7, 'text', 'raised', 13.8],
  ['text-muted', 'sunken', 6.7, 'text-muted', 'raised', 7.4],
  ['text-faint', 'sunken', 4.8, 'text-faint', 'raised', 5.4],
  ['border', 'surface', 1.3, 'border', 'raised', 1.2],
  ['border-control', 'sunken', 3.3, 'border-control', 'raised', 3.8],
  ['on-accent', 'accent', 5.8, 'on-accent', 'accent', 9.2],
  ['on-accent', 'accent-hover', 7.5, 'on-accent', 'accent-hover', 11.2],
  ['accent-text', 'accent-soft', 6.1, 'accent-text', 'accent-soft', 7.9],
  ['focus', 'sunken', 4.2, 'focus', 'surface', 9.5],
  ['success', 'success-soft', 6.0, 'success', 'success-soft', 8.1],
  ['warning', 'warning-soft', 6.1, 'warning', 'warning-soft', 8.3],
  ['danger', 'danger-soft', 5.6, 'danger', 'danger-soft', 6.4],
  ['on-danger', 'danger-solid', 6.1, 'on-danger', 'danger-solid', 6.0],
  ['info', 'info-soft', 6.0, 'info', 'info-soft', 7.1],
  ['simulated', 'simulated-soft', 6.5, 'simulated', 'simulated-soft', 7.0],
];

test.each(STATED)('%s on %s has the stated contrast in both themes', (fg, bg, light, darkFg, darkBg, dark) => {
  expect(Math.abs(ratio('light', fg, bg) - light)).toBeLessThanOrEqual(0.11);
  expect(Math.abs(ratio('dark', darkFg, darkBg) - dark)).toBeLessThanOrEqual(0.11);
});

const GROUNDS = ['bg', 'surface', 'sunken', 'raised'];

test('every text colour reads on every ground in both themes', () => {
  const low = GROUNDS.flatMap((ground) =>
    ['text', 'text-muted', 'text-faint', 'accent-text', 'danger', 'success', 'warning'].flatMap((name) =>
      (['light', 'dark'] as const).filter((theme) => ratio(theme, name, ground) < 4.5).map((theme) => `${theme}: ${name} on ${ground}`),
    ),
  );
  expect(low).toEqual([]);
});

test('control borders, focus rings and chart colours reach 3:1 on every ground they stand on', () => {
  const low = (['light', 'dark'] as const).flatMap((theme) => [
    ...GROUNDS.flatMap((ground) => ['border-control', 'focus'].filter((name) => ratio(theme, name, ground) < 3)),
    ...[1, 2, 3, 4, 5, 6].filter((number) => ratio(theme, `chart-${number}`, 'surface') < 3),
  ]);
  expect(low).toEqual([]);
});

test('both themes define the same tokens', () => {
  expect(Object.keys(themes.dark)).toEqual(Object.keys(themes.light));
});

function ratio(theme: keyof typeof themes, foreground: string, background: string): number {
  return contrastRatio(token(theme, foreground), token(theme, background));
}

function token(theme: keyof typeof themes, name: string): string {
  const value = themes[theme][name];
  if (!value) throw new Error(`tokens.css has no --${name} in ${theme}`);
  return value;
}

function readTokens(opening: string): Record<string, string> {
  const block = css.slice(css.indexOf(opening)).split('}')[0] ?? '';
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
}
