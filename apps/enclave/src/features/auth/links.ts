/**
 * One-time links without rows: what is signed is the person, how many links the person has used so far, and an expiry.
 * Using one raises that count in the person's row, in the transaction of what the link was for, so it and every other
 * link made before are void from then on; rolling the row back is noticed like any other forgery (`db/heads.ts`).
 * Making one writes nothing: it takes the same time for unknown addresses, and another process can do it (`recover.ts`).
 */
import { createHmac } from 'node:crypto';
import type { UserId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import { equalBytes, type Keyring } from '../../keys/keyring.ts';

const MINUTE = 60_000;

/** What a link is for, how long it works, and the screen it opens. */
const PURPOSES = {
  reset: { ttlMs: 60 * MINUTE, screen: '/reset' },
  verify: { ttlMs: 24 * 60 * MINUTE, screen: '/verify-address' },
  'sign-in': { ttlMs: 15 * MINUTE, screen: '/link' },
  /** Signs in as well, and proves the address that it was mailed to. */
  mailed: { ttlMs: 15 * MINUTE, screen: '/link' },
} as const;

export type LinkPurpose = keyof typeof PURPOSES;

interface Linked {
  readonly id: UserId;
  /** How many links the person has used. */
  readonly links: number;
}

/** The address to open. Its secret is in the fragment, which browsers send to nobody. */
export function createLink(keyring: Keyring, purpose: LinkPurpose, user: Linked, origin: string, now: Date): string {
  const { ttlMs, screen } = PURPOSES[purpose];
  const payload = [user.id.slice('usr_'.length), user.links.toString(36), Math.floor((now.getTime() + ttlMs) / 1_000).toString(36)].join(
    '.',
  );
  return `${origin}${screen}#${payload}.${macOf(keyring, purpose, payload)}`;
}

/**
 * Reads the token of a link for the purpose, or for one of them. It is used up by whoever then changes the person's row from `links` to `links + 1`.
 * @throws AppError `link_invalid`
 */
export function readLink<P extends LinkPurpose>(
  keyring: Keyring,
  purposes: P | readonly P[],
  token: string,
  now: Date,
): Linked & { readonly purpose: P } {
  const [, payload = '', mac = ''] = /^(.*)\.([\w-]+)$/.exec(token) ?? [];
  const [user, links = '', expires = ''] = payload.split('.');
  const purpose = [purposes].flat().find((one) => equalBytes(Buffer.from(mac), Buffer.from(macOf(keyring, one as P, payload)))) as P;
  if (!purpose || Number.parseInt(expires, 36) * 1_000 <= now.getTime()) throw new AppError('link_invalid');
  // The MAC vouches for the form.
  return { id: `usr_${user}` as UserId, links: Number.parseInt(links, 36), purpose };
}

function macOf(keyring: Keyring, purpose: LinkPurpose, payload: string): string {
  return createHmac('sha256', keyring.mac(`${purpose} link`))
    .update(payload)
    .digest('base64url');
}
