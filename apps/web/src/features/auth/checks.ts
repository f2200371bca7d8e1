/** Limits of sign-in and sign-up, said here because these pages load without the contract's schemas. A test holds them to the contract. */
import type { Translate } from '@privexbot/ui/text/texts.ts';

export const PASSWORD_MIN = 10;
const PASSWORD_MAX = 200;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function emailProblem(t: Translate, email: string): string | undefined {
  return ADDRESS.test(email.trim()) ? undefined : t('form.email');
}

export function newPasswordProblem(t: Translate, password: string): string | undefined {
  if (password.length < PASSWORD_MIN) return t('form.tooShort', { minimum: PASSWORD_MIN });
  return password.length > PASSWORD_MAX ? t('form.tooLong', { maximum: PASSWORD_MAX }) : undefined;
}

/** Leaves out the fields without a problem. */
export function problems<V extends Record<string, string | undefined>>(checked: V): { [K in keyof V]?: string } {
  return Object.fromEntries(Object.entries(checked).filter(([, problem]) => problem)) as { [K in keyof V]?: string };
}
