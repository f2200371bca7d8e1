import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

const NAME_MAX_LENGTH = 253;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** A domain as DNS knows it: lower case, punycode, no final dot; undefined for anything else. Twins in other letters stay apart. */
export function normaliseDomain(text: string): string | undefined {
  const trimmed = text.trim().replace(/\.$/, '');
  // What browsers strip, split or decode on the way is not what was typed.
  if (!trimmed || /[\s/\\?#@:%[\]]/.test(trimmed)) return undefined;
  const name = domainToASCII(trimmed);
  const labels = name.split('.');
  if (labels.length < 2 || name.length > NAME_MAX_LENGTH || !labels.every((label) => LABEL.test(label))) return undefined;
  return isIP(name) || /^\d+$/.test(labels.at(-1) ?? '') ? undefined : name;
}

/** The domain of an address, after the last `@`. */
export function domainOfEmail(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  return at > 0 ? normaliseDomain(email.slice(at + 1)) : undefined;
}
