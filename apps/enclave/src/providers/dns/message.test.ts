import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTxtAnswer, encodeTxtQuery, MalformedMessage } from './message.ts';
import { aliasRecord } from './name-server.fixture.ts';

const NAME = '_privexbot.acme.test';
const QUESTION = encodeTxtQuery(NAME).subarray(12);

function answer(records: readonly number[][], flags = 0x8180, question: Uint8Array = QUESTION): Uint8Array {
  return Uint8Array.from([0, 0, flags >> 8, flags & 255, 0, 1, 0, records.length, 0, 0, 0, 0, ...question, ...records.flat()]);
}

function txt(...strings: readonly string[]): number[] {
  const data = strings.flatMap((text) => [text.length, ...Buffer.from(text)]);
  return [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length, ...data];
}

test('a question has the form of RFC 1035', () => {
  expect(Buffer.from(encodeTxtQuery('a.bc')).toString('hex')).toBe('000001000001000000000000' + '0161026263' + '00' + '0010' + '0001');
  for (const bad of ['', 'a..b', `${'a'.repeat(64)}.test`, `${'a.'.repeat(127)}test`])
    expect(() => encodeTxtQuery(bad), bad).toThrow(MalformedMessage);
});

test('texts are read, strings of one record joined, aliases passed over', () => {
  expect(decodeTxtAnswer(answer([txt('one'), txt('tw', 'o')]), NAME)).toEqual(['one', 'two']);
  expect(decodeTxtAnswer(answer([aliasRecord('proofs.example'), txt('one')]), NAME)).toEqual(['one']);
  expect(decodeTxtAnswer(answer([], 0x8183), NAME)).toEqual([]);
});

test.each([
  ['a question', answer([txt('one')], 0x0100)],
  ['a failure of the server', answer([], 0x8182)],
  ['a refusal', answer([], 0x8185)],
  ['one that was cut for its size', answer([txt('one')], 0x8380)],
  ['one to another name', answer([txt('one')], 0x8180, encodeTxtQuery('_privexbot.evil.test').subarray(12))],
  [
    'a name that points to itself',
    answer([[0xc0, 0x2a + QUESTION.length, ...txt('one').slice(2)]], 0x8180, Uint8Array.from([0xc0, 12, 0, 16, 0, 1])),
  ],
])('%s is refused', (_, bytes) => {
  expect(() => decodeTxtAnswer(bytes, NAME)).toThrow(MalformedMessage);
});

test('whatever is cut or changed is read or refused, and never more', () => {
  const whole = answer([aliasRecord('proofs.example'), txt('one', 'two')]);
  for (let length = 0; length < whole.length; length++)
    expect(() => decodeTxtAnswer(whole.subarray(0, length), NAME), String(length)).toThrow(MalformedMessage);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const changed = Uint8Array.from(whole);
      changed[at] = byte;
      try {
        expect(decodeTxtAnswer(changed, NAME).join('').length).toBeLessThan(256);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage);
      }
    }),
  );
});
