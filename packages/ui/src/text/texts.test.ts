import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type MessageId, openTexts } from './texts.ts';

beforeEach(() => {
  vi.stubGlobal('document', { documentElement: {} });
});
afterEach(() => vi.unstubAllGlobals());

const catalog = (id: string, afterMs: number) => () =>
  new Promise((resolve) => setTimeout(() => resolve({ [id]: [`the words of ${id}`] }), afterMs));

test('words that are asked for at the same time are all there, whichever came first', async () => {
  const texts = await openTexts(catalog('first', 0), ['en']);
  await Promise.all([texts.extend(catalog('slow', 40)), texts.extend(catalog('quick', 1))]);
  for (const id of ['first', 'slow', 'quick']) expect(texts.current().t(id as MessageId)).toBe(`the words of ${id}`);
});

test('words that cannot be fetched stand in the way of no others, and may be asked for again', async () => {
  const texts = await openTexts(catalog('first', 0), ['en']);
  let isDown = true;
  const later = () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve({ later: ['the words of later'] }));
  await expect(texts.extend(later)).rejects.toThrow('down');
  await texts.extend(catalog('other', 1));
  isDown = false;
  await texts.extend(later);
  for (const id of ['first', 'other', 'later']) expect(texts.current().t(id as MessageId)).toBe(`the words of ${id}`);
});
