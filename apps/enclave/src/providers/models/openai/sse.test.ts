import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser } from './sse.ts';

function parse(pieces: readonly string[]): string[] {
  const events: string[] = [];
  const parser = createSseParser((data) => events.push(data));
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return events;
}

test.each([
  ['line feeds', 'data: a\n\ndata: b\n\n', ['a', 'b']],
  ['carriage returns and line feeds', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['no space after the colon', 'data:a\n\ndata:  b\n\n', ['a', ' b']],
  ['comments and other fields', ': ping\nevent: x\nid: 1\ndata: a\nretry: 5\n\n: end\n\n', ['a']],
  ['data over several lines', 'data: a\ndata: b\n\n', ['a\nb']],
  ['empty data', 'data:\n\n', ['']],
  ['a missing blank line at the end', 'data: a\n\ndata: b', ['a', 'b']],
  ['nothing', '', []],
])('events are read with %s', (_name, text, events) => {
  expect(parse([text])).toEqual(events);
});

test('where the text is cut into pieces makes no difference', () => {
  const line = fc.constantFrom('data: {"a":"ä\u{1f642}"}', 'data:x', ': ping', 'event: e', '', '', 'data: [DONE]', 'junk');
  const end = fc.constantFrom('\n', '\r\n');
  const stream = fc.array(fc.tuple(line, end).map((parts) => parts.join(''))).map((lines) => lines.join(''));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(40)), (text, sizes) => {
      const pieces: string[] = [];
      let rest = text;
      for (const size of sizes) {
        pieces.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      expect(parse([...pieces, rest])).toEqual(parse([text]));
    }),
  );
});

test('an endless line is given up', () => {
  const parser = createSseParser(() => {});
  const megabytes = () => {
    for (let i = 0; i < 100; i++) parser.push('x'.repeat(65_536));
  };
  expect(megabytes).toThrow(expect.objectContaining({ code: 'model_bad_answer' }));
});
