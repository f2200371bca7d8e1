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

/** An address of one mailbox: quoted names (RFC 5321 §4.1.2) may hold a second address, which readers take for the first. */
const ADDRESS = /^[^\s\p{Cc}@"<>()[\],;:\\]{1,64}@[^\s\p{Cc}@"<>()[\],;:\\]{1,190}$/u;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** The domain of an address; undefined for what is none. */
export function domainOfEmail(email: string): string | undefined {
  const address = email.trim();
  return isAddress(address) ? normaliseDomain(address.slice(address.indexOf('@') + 1)) : undefined;
}
