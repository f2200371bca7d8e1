import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJsonLines } from './json-lines.ts';

function linesOf(json: string, pieceLength = json.length || 1): string[] {
  const lines = createJsonLines(100);
  for (let at = 0; at < json.length; at += pieceLength) lines.write(json.slice(at, at + pieceLength));
  lines.end();
  return lines.take().map(({ text }) => text);
}

function isReadable(json: string): boolean {
  try {
    linesOf(json);
    return true;
  } catch {
    return false;
  }
}

function isJson(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** Values with their paths, the plain way. */
function expectedLines(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((element, at) => expectedLines(element, `${path}[${at}]`));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, member]) => expectedLines(member, `${path}.${name}`));
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const named = path.replace(/^\./, '');
  return [named ? `${named}: ${shown}` : shown];
}

test('every value stands on a line with its path, however the text is cut into pieces', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 1, max: 7 }), (json, pieceLength) => {
      expect(linesOf(json, pieceLength)).toEqual(expectedLines(JSON.parse(json)));
    }),
  );
});

test('what is no JSON is refused: every change of a text is judged as JSON.parse judges it', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '1', 't', '\\', ' '),
      (json, position, insert) => {
        const at = position % (json.length + 1);
        const changed = json.slice(0, at) + insert + json.slice(insert === '' ? at + 1 : at);
        if (changed.trim()) expect(isReadable(changed)).toBe(isJson(changed));
      },
    ),
  );
});

test('values on lines of their own are read one after the other, and nothing else may stand between them', () => {
  expect(linesOf('{"a":1}\n{"a":2}\r\n\n[3]\n"four"\n5')).toEqual(['a: 1', 'a: 2', '[0]: 3', 'four', '5']);
  for (const glued of ['1{}', '{} {}', '{},\n{}', '"a""b"', '1 2']) expect(isReadable(glued)).toBe(false);
});

test('depth has a bound', () => {
  expect(isReadable(`${'['.repeat(100)}${']'.repeat(100)}`)).toBe(true);
  expect(isReadable(`${'['.repeat(101)}${']'.repeat(101)}`)).toBe(false);
});
