import { LIMITS } from '@privexbot/contract';
import type { Translate } from '@privexbot/ui/text/texts.ts';
import { expect, test } from 'vitest';
import { emailProblem, newPasswordProblem, PASSWORD_MIN, problems } from './checks.ts';

const t: Translate = (id) => id;

test('the limits are those of the contract', () => {
  expect(PASSWORD_MIN).toBe(LIMITS.passwordMinLength);
  expect(newPasswordProblem(t, 'x'.repeat(LIMITS.passwordMinLength))).toBeUndefined();
  expect(newPasswordProblem(t, 'x'.repeat(LIMITS.passwordMaxLength + 1))).toBe('form.tooLong');
});

test.each(['', 'ana', 'ana@', '@x.com', 'a b@x.com'])('%j is no address', (email) => {
  expect(emailProblem(t, email)).toBe('form.email');
});

test('fields without a problem are left out', () => {
  expect(problems({ a: undefined, b: 'x' })).toEqual({ b: 'x' });
});
