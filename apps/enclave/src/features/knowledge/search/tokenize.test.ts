import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachWord } from './tokenize.ts';

function words(text: string, role: 'passage' | 'question' = 'question'): string[] {
  const found: string[] = [];
  eachWord(text, role, (word) => found.push(word));
  return found;
}

test.each([
  ['case and punctuation', 'Hello, WORLD! (again)', ['hello', 'world', 'again']],
  ['accents', 'Café naïve Ångström', ['cafe', 'naive', 'angstrom']],
  ['compatibility forms and soft hyphens', 'ﬁnal ＡＢＣ co\u00adoperate', ['final', 'abc', 'cooperate']],
  ['thousands', '1,000 and 12,345,678 but 1,5', ['1000', 'and', '12345678', 'but', '1', '5']],
  ['Cyrillic, Greek, Arabic and Hindi', 'Привет ΚΌΣΜΕ مرحبا नमस्ते', ['привет', 'κοσμε', 'مرحبا', 'नमस्ते']],
  ['Chinese in pairs', '年休假 2 天', ['年休', '休假', '2', '天']],
  ['Japanese beside Latin', 'APIキー', ['api', 'キー']],
  ['Korean by its spaces', '휴가 규정', ['휴가', '규정']],
  ['control characters as gaps', 'a\u0000b\u001fc', ['a', 'b', 'c']],
])('folds %s', (_, text, expected) => {
  expect(words(text)).toEqual(expected);
});

test('a passage gives single characters of a script without spaces as well', () => {
  expect(words('休假', 'passage')).toEqual(['休', '休假', '假']);
});

test('a word without end is known by its beginning', () => {
  expect(words('x'.repeat(100_000))).toEqual(['x'.repeat(64)]);
});

test('any text gives words without separators, the same for upper case', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      for (const word of words(text, 'passage')) expect(word).not.toMatch(/^$|[\s,.;:!?]/);
    }),
  );
});
