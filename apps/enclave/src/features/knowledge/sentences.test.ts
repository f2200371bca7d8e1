import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_SENTENCE_LENGTH, splitSentences } from './sentences.ts';

const sentences = (text: string): string[] => splitSentences(text).map(({ start, end }) => text.slice(start, end).trimEnd());

test.each([
  ['plain sentences', 'It rains. We stay in! Do you? Yes.', ['It rains.', 'We stay in!', 'Do you?', 'Yes.']],
  ['titles and initials', 'Dr. Ito met J. R. Smith. They spoke.', ['Dr. Ito met J. R. Smith.', 'They spoke.']],
  ['a capital that names a thing', 'Park behind building C. Bicycles too.', ['Park behind building C.', 'Bicycles too.']],
  ['short forms', 'Use one, e.g. Monday, i.e. soon. See fig. 3 and No. 7.', ['Use one, e.g. Monday, i.e. soon.', 'See fig. 3 and No. 7.']],
  [
    'a short form that may end a sentence',
    'We sell pens etc. and ink. Pens, ink, etc. Call us.',
    ['We sell pens etc. and ink.', 'Pens, ink, etc.', 'Call us.'],
  ],
  [
    'a short form that is a word too',
    'May I? No. We met on Jan. 5 in art. 3. I like art. Do you?',
    ['May I?', 'No.', 'We met on Jan. 5 in art. 3.', 'I like art.', 'Do you?'],
  ],
  ['decimals, versions and addresses', 'Pi is 3.14 in v2.0.1 at a.example.com. Next.', ['Pi is 3.14 in v2.0.1 at a.example.com.', 'Next.']],
  ['quotes and brackets', 'He said "Stop." She did. (It held.) Good.', ['He said "Stop."', 'She did.', '(It held.)', 'Good.']],
  ['a quoted question inside a sentence', '"What?" he asked. "Nothing!" she said.', ['"What?" he asked.', '"Nothing!" she said.']],
  ['an ellipsis', 'Well... maybe not. Wait... Now.', ['Well... maybe not.', 'Wait...', 'Now.']],
  ['Chinese and Japanese', '今日は雨です。「はい。」と言った！行く？', ['今日は雨です。', '「はい。」', 'と言った！', '行く？']],
  [
    'Hindi, Arabic and Armenian stops',
    'यह एक है। वह दो है। هل تعلم؟ نعم. Այո։ Ոչ։',
    ['यह एक है।', 'वह दो है।', 'هل تعلم؟', 'نعم.', 'Այո։', 'Ոչ։'],
  ],
  ['German ordinals and short forms', 'Das gilt z.B. hier. Frau Dr. Weiß kam.', ['Das gilt z.B. hier.', 'Frau Dr. Weiß kam.']],
  ['headings and paragraphs', 'Leave\n\nYou get 25 days\n\nAsk early.', ['Leave', 'You get 25 days', 'Ask early.']],
  ['bullets', 'Bring:\n- a pass\n- a pen\n* water', ['Bring:', '- a pass', '- a pen', '* water']],
  ['numbered lists', '1. Open the door.\n2. Go in.\n(3) Sit.', ['1. Open the door.', '2. Go in.', '(3) Sit.']],
  ['table rows', '| Day | Open |\n| Monday | 9 |', ['| Day | Open |', '| Monday | 9 |']],
  [
    'hard-wrapped lines',
    'The quick brown fox jumps over\nthe lazy dog at noon. It is\ntired.',
    ['The quick brown fox jumps over\nthe lazy dog at noon.', 'It is\ntired.'],
  ],
  ['Windows line ends', 'One\r\nTwo\r\n\r\nThree.', ['One', 'Two', 'Three.']],
  ['white space around', '  \n A b.  \n', ['  \n A b.']],
])('splits %s', (_, text, expected) => {
  expect(sentences(text)).toEqual(expected);
});

test('an empty text has no sentences and a blank one has one', () => {
  expect(splitSentences('')).toEqual([]);
  expect(splitSentences(' \n\t')).toEqual([{ start: 0, end: 3 }]);
});

test('a text without any boundary is cut at white space, or hard, within the longest length', () => {
  for (const text of ['word '.repeat(2000), 'x'.repeat(5000), '😀'.repeat(3000)]) {
    const spans = splitSentences(text);
    expect(spans.length).toBeGreaterThan(1);
    for (const { start, end } of spans) {
      const sentence = text.slice(start, end);
      expect(sentence.trimEnd().length).toBeLessThanOrEqual(MAX_SENTENCE_LENGTH);
      expect(sentence.isWellFormed()).toBe(true);
    }
  }
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('Mr.', 'a', 'B', ' ', '. ', '.', '!', '?"', '\n', '\n\n', '- ', '1. ', '。', '😀', '\u0000', '…', ')'), {
      maxLength: 400,
    })
    .map((parts) => parts.join('')),
);

test('sentences tile any text: no gap, no overlap, none empty, no pair of surrogates cut', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      let at = 0;
      for (const { start, end } of splitSentences(text)) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        at = end;
        const cutsPair = /[\ud800-\udbff]/.test(text.charAt(end - 1)) && /[\udc00-\udfff]/.test(text.charAt(end));
        expect(cutsPair).toBe(false);
      }
      expect(at).toBe(text.length);
    }),
    { numRuns: 500 },
  );
});

test('white space belongs to the sentence before it', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const { start } of splitSentences(text).slice(1)) expect(text.charAt(start)).not.toMatch(/^[ \n]$/);
    }),
  );
});
