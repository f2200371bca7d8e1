import { expect, test } from 'vitest';
import { type TextItem, toLines } from './pdf-lines.ts';

function run(str: string, x: number, y: number, hasEOL = false): TextItem {
  return { str, transform: [10, 0, 0, 10, x, y], width: 5 * str.length, height: 10, hasEOL };
}

function rows(count: number, left: (row: number) => string, right: (row: number) => string): TextItem[] {
  return Array.from({ length: count }, (_, row) => [run(left(row), 72, 700 - 12 * row), run(right(row), 320, 700 - 12 * row, true)]).flat();
}

const textOf = (items: TextItem[]): string[] => toLines(items).map(({ text }) => text);

test('two columns of words that the file draws row by row are read one after the other', () => {
  const text = textOf(
    rows(
      15,
      (row) => `left words of row ${row}`,
      (row) => `right words of row ${row}`,
    ),
  );
  expect(text.slice(0, 15).every((line) => line.startsWith('left'))).toBe(true);
  expect(text.slice(15).every((line) => line.startsWith('right'))).toBe(true);
});

test('a heading across both columns stays between what is above and below it', () => {
  const above = rows(
    15,
    () => 'left words above',
    () => 'right words above',
  );
  const below = rows(
    15,
    () => 'left words below',
    () => 'right words below',
  ).map((item) => ({ ...item, transform: item.transform.with(5, (item.transform[5] ?? 0) - 300) }));
  const heading = run('A heading that is wide enough to cross the gutter between the two columns', 72, 450, true);
  const order = [...new Set(textOf([...above, heading, ...below]))];
  expect(order).toEqual(['left words above', 'right words above', heading.str, 'left words below', 'right words below']);
});

test('rows of a table of numbers stay rows', () => {
  const text = textOf(
    rows(
      15,
      (row) => `Total of ${row}`,
      (row) => `${row * 100}`,
    ),
  );
  expect(text).toContain('Total of 7 700');
});

test('runs on one line without a wide gap are one line, rotated or not', () => {
  expect(textOf([run('Hello', 72, 700), run(' ', 97, 700), run('world', 100, 700, true)])).toEqual(['Hello world']);
  const rotated = (str: string, y: number, hasEOL: boolean): TextItem => ({
    str,
    transform: [0, 10, -10, 0, 300, y],
    width: 25,
    height: 10,
    hasEOL,
  });
  expect(textOf([rotated('Hello', 72, false), rotated(' world', 97, true)])).toEqual(['Hello world']);
});
