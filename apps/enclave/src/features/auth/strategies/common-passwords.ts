/**
 * Passwords that whoever guesses tries first. The list is the most frequent of those that leaked elsewhere, as zxcvbn 4.4.2
 * (MIT) ranks them: all of ten letters and more, and the first ones of six and more, which people lengthen with digits.
 */
import { readFileSync } from 'node:fs';

const LIST = new URL('./common-passwords.txt', import.meta.url);
/** How many different letters a password must have. */
const VARIETY = 5;

let known: ReadonlySet<string> | undefined;

/** Whether a password is among the first that would be tried for this address: common, a run of neighbours, or the address itself. */
export function isCommonPassword(password: string, email = ''): boolean {
  known ??= new Set(readFileSync(LIST, 'utf8').split('\n').filter(Boolean));
  const typed = password.normalize('NFKC').toLowerCase();
  const base = withoutTail(typed);
  const [local = ''] = email.toLowerCase().split('@');
  const own = [local, withoutTail(local), email.toLowerCase()].filter((part) => part.length > 0);
  return new Set(typed).size < VARIETY || isRun(typed) || known.has(typed) || known.has(base) || own.includes(typed) || own.includes(base);
}

/** What is left without the year, the digits and the mark that make a short word long enough. */
function withoutTail(text: string): string {
  return text.replace(/[^\p{L}]{1,8}$/u, '');
}

/** Each letter the one after, or each the one before, the last. */
function isRun(text: string): boolean {
  const steps = Array.from(text.slice(1), (letter, i) => letter.charCodeAt(0) - text.charCodeAt(i));
  // After 9 comes 0: the digits are a circle.
  return [1, -1].some((way) => steps.every((step) => step === way || step === -9 * way));
}
