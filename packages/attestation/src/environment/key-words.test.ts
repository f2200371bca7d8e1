import { expect, test } from 'vitest';
import { keyWords } from './key-words.ts';

test('three words of a list of 256 different ones stand for a key', async () => {
  const seen = new Set<string>();
  for (let index = 0; index < 1000; index++) {
    const words = (await keyWords(Uint8Array.of(index, index >> 8))).split(' ');
    expect(words.length).toBe(3);
    for (const word of words) seen.add(word);
  }
  expect(seen.size).toBe(256);
  // SHA-256 of these bytes begins with ba 78 16.
  expect(await keyWords(new TextEncoder().encode('abc'))).toBe('oasis gravel banjo');
});
