import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JOINS, type TextBlock } from './formats/format.ts';
import { createPassageCutter, PASSAGE_LENGTH, type Passage } from './passages.ts';

function cut(blocks: TextBlock[]): Passage[] {
  const cutter = createPassageCutter();
  return [...blocks.flatMap((block) => cutter.push(block)), ...cutter.finish()];
}

function paragraph(text: string, more: Partial<TextBlock> = {}): TextBlock {
  return { type: 'text', text, ...more };
}

const sentences = (count: number): string => Array.from({ length: count }, (_, at) => `Sentence number ${at} says a little.`).join(' ');
const textOf = (passages: Passage[]): string => passages.map(({ text }) => text).join('');

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.lorem({ mode: 'sentences', maxCount: 30 }),
  fc.integer({ min: 1, max: 4000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: 2000 }).map((length) => '👩‍👩‍👧'.repeat(length)),
);
const anyBlock: fc.Arbitrary<TextBlock> = fc.record(
  {
    type: fc.constant('text' as const),
    text: anyText,
    join: fc.constantFrom('run', 'line', 'paragraph'),
    heading: fc.integer({ min: 1, max: 6 }),
    page: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: ['type', 'text'] },
);

test('passages tile the text: joined in order they are the blocks with what joins them, offsets and ordinals without gaps', () => {
  fc.assert(
    fc.property(fc.array(anyBlock, { maxLength: 30 }), (blocks) => {
      const kept = blocks.filter(({ text, join }) => text !== '' && (join === 'run' || text.trim() !== ''));
      const whole = kept.map(({ text, join }, at) => (at === 0 ? '' : JOINS[join ?? 'paragraph']) + text).join('');
      const passages = cut(blocks);
      expect(textOf(passages)).toBe(whole);
      let end = 0;
      for (const [ordinal, passage] of passages.entries()) {
        expect(passage).toMatchObject({ ordinal, start: end, end: end + passage.text.length });
        expect(passage.text.length).toBeGreaterThan(0);
        expect(passage.text.length).toBeLessThanOrEqual(PASSAGE_LENGTH.max);
        end = passage.end;
      }
    }),
  );
});

test('no passage begins or ends inside a surrogate pair or an emoji made of several', () => {
  const family = '👩‍👩‍👧';
  for (const { text } of cut([paragraph(family.repeat(3000))])) expect(text.replaceAll(family, '')).toBe('');
});

test('a line of a megabyte is cut between words', () => {
  const line = 'confidential '.repeat(80_000);
  const passages = cut([paragraph(line)]);
  expect(textOf(passages)).toBe(line);
  for (const { text } of passages.slice(0, -1)) expect(text).toMatch(/^confidential .* $/);
  expect(passages.length).toBeLessThan(line.length / 700);
});

test('long paragraphs are cut between sentences', () => {
  for (const { text } of cut([paragraph(sentences(200))])) expect(text).toMatch(/^Sentence .*\.\s?$/s);
});

test('passages end between paragraphs where that gives a fair length', () => {
  const passages = cut(Array.from({ length: 20 }, () => paragraph(sentences(12))));
  for (const { text } of passages.slice(0, -1)) expect(text).toMatch(/\.\n\n$/);
});

test('a table row that fits stays whole', () => {
  const row = `Key: ${'v'.repeat(1300)}`;
  const passages = cut([paragraph('Short.'), paragraph(row, { join: 'line' }), paragraph(row, { join: 'line' })]);
  expect(passages.map(({ text }) => text.includes(row))).toContain(true);
  expect(passages.filter(({ text }) => text.includes(row))).toHaveLength(2);
});

test('a high heading begins a new passage once the one before has a reasonable size, and never ends one', () => {
  const passages = cut([
    paragraph('Terms', { heading: 1 }),
    paragraph(sentences(8)),
    paragraph('Prices', { heading: 1 }),
    paragraph('Monthly', { heading: 2 }),
    paragraph(sentences(25)),
  ]);
  expect(passages[0]?.headings).toEqual(['Terms']);
  expect(passages[1]?.text.startsWith('Prices\n\nMonthly\n\nSentence')).toBe(true);
  expect(passages.slice(1).every(({ headings }) => headings.join('>') === 'Prices>Monthly')).toBe(true);
});

test('the heading path follows levels that skip', () => {
  const body = paragraph(sentences(15));
  const at = (heading: number, text: string): TextBlock => paragraph(text, { heading });
  const passages = cut([at(1, 'A'), body, at(3, 'A.x'), body, at(3, 'A.y'), body, at(2, 'A.2'), body]);
  expect([...new Set(passages.map(({ headings }) => headings.join('>')))]).toEqual(['A', 'A>A.x', 'A>A.y', 'A>A.2']);
});

test('the page is the one on which a passage begins', () => {
  const passages = cut([1, 2, 3].flatMap((page) => [paragraph(sentences(20), { page }), paragraph(sentences(10), { page })]));
  expect(passages.map(({ page }) => page)).toEqual([...passages.map(({ page }) => page ?? 0)].sort());
  expect(new Set(passages.map(({ page }) => page))).toEqual(new Set([1, 2, 3]));
});
