import { expect, test } from 'vitest';
import { keyName } from './use-keys.ts';

const plain = { key: 'u', code: 'KeyU', ctrlKey: false, metaKey: false, altKey: false };

test.each([
  [plain, 'u'],
  [{ ...plain, key: '?' }, '?'],
  [{ ...plain, key: 'K', ctrlKey: true }, 'Ctrl+k'],
  [{ ...plain, key: 'k', metaKey: true }, 'Ctrl+k'],
  [{ ...plain, key: 'Enter', ctrlKey: true }, 'Ctrl+Enter'],
  [{ ...plain, key: 'π', code: 'KeyP', altKey: true }, 'Alt+p'],
])('%o is %s', (event, expected) => {
  expect(keyName(event)).toBe(expected);
});
