import { expect, test } from 'vitest';
import { isCommonPassword } from './common-passwords.ts';

test.each([
  'password123',
  'Password2026!',
  'QWERTYUIOP',
  '1q2w3e4r5t',
  'iloveyou2024',
  'ａｌｅｋｓａｎｄｒａ',
  '1111111111',
  '1212121212',
  '1234567890',
  '9876543210',
  'abcdefghijkl',
])('%s is tried first', (password) => {
  expect(isCommonPassword(password)).toBe(true);
});

test.each(['correct horse battery', 'a new password', 'Tr0ub4dor&3x', 'zwölf Boxkämpfer', 'vq8-rt2-mm1-x'])('%s is not', (password) => {
  expect(isCommonPassword(password)).toBe(false);
});

test('the own address is tried first as well', () => {
  const email = 'Grace.Hopper@navy.example';
  for (const password of ['grace.hopper', 'Grace.Hopper1906', 'grace.hopper@navy.example']) {
    expect(isCommonPassword(password, email)).toBe(true);
    expect(isCommonPassword(password, 'ada@example.com')).toBe(false);
  }
});
