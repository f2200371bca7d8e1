import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutWords, findFrame } from './event-frame.ts';

const event = (content: string, extra: object = {}) =>
  JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { content }, finish_reason: null, ...extra }] });

test('words cut from a frame are those that parsing gives', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('a', 'ä', '🙂', '"', '\\', '\n', '\u2028', '","content":"', 'content', '}'));
  const extra = fc.oneof(fc.constant({}), fc.record({ logprobs: fc.record({ content: text }) }), fc.record({ finish_reason: text }));
  let cut = 0;
  fc.assert(
    fc.property(text, text, extra, extra, (first, second, a, b) => {
      const frame = findFrame(event(first, a), first);
      const words = frame && cutWords(event(second, b), frame);
      if (words === undefined) return;
      cut++;
      expect([words, b]).toEqual([second, JSON.parse(event(second, b)).choices[0].finish_reason === null ? b : a]);
    }),
    { numRuns: 2000 },
  );
  expect(cut).toBeGreaterThan(20);
});

test('an event that differs in more than its words is left to the parser', () => {
  const frame = findFrame(event('a'), 'a');
  expect(frame && cutWords(event('b'), frame)).toBe('b');
  expect(frame && cutWords(event('b', { finish_reason: 'stop' }), frame)).toBeUndefined();
  expect(frame && cutWords(event('say "b"'), frame)).toBeUndefined();
  expect(frame && cutWords('', frame)).toBeUndefined();
});

test('no frame is taken where the words stand twice or are written with escapes', () => {
  expect(findFrame(event('a', { logprobs: { content: 'a' } }), 'a')).toBeUndefined();
  expect(findFrame('{"choices":[{"delta":{"content":"\\u0061"}}]}', 'a')).toBeUndefined();
  expect(findFrame('{"choices":[{"delta":{"content": "a"}}]}', 'a')).toBeUndefined();
});
