/**
 * A change of address: a link to the new one proves it, and one to the old one, where that is proven, says that its reader
 * wants it. Both name the same change, in any order; any other link of the person is void once the address is another.
 */
import { createHmac } from 'node:crypto';
import type { UserId } from '@privexbot/contract';
import { AppError } from '../../../errors.ts';
import { equalBytes, type Keyring } from '../../../keys/keyring.ts';
import { randomBytes } from '../../../random.ts';
import type { EmailChange, ProfileChange, User } from '../store.ts';

const TTL_MS = 24 * 60 * 60_000;

export type Side = EmailChange['waiting'][number];

/** A change in place of any that waited. */
export function beginEmailChange({ email: old, emailVerified }: User, email: string, now: Date): EmailChange {
  const waiting: Side[] = old !== undefined && emailVerified ? ['new', 'old'] : ['new'];
  return { id: randomBytes(16).toString('base64url'), email, waiting, expiresAt: new Date(now.getTime() + TTL_MS).toISOString() };
}

/** The address to open. Its secret is in the fragment, which browsers send to nobody. */
export function emailChangeLink(keyring: Keyring, user: UserId, { id }: EmailChange, side: Side, origin: string): string {
  const payload = [user.slice('usr_'.length), id, side].join('.');
  return `${origin}/change-address#${payload}.${macOf(keyring, payload)}`;
}

/** @throws AppError `link_invalid` */
export function readEmailChangeLink(keyring: Keyring, token: string): { user: UserId; id: string; side: Side } {
  const [, payload = '', mac = ''] = /^(.*)\.([\w-]+)$/.exec(token) ?? [];
  if (!equalBytes(Buffer.from(mac), Buffer.from(macOf(keyring, payload)))) throw new AppError('link_invalid');
  // The MAC vouches for the form.
  const [user, id = '', side] = payload.split('.');
  return { user: `usr_${user}` as UserId, id, side: side as Side };
}

/**
 * What becomes of the person when the link of one side is opened.
 * @throws AppError `link_invalid` where the change is over
 */
export function confirmSide({ emailChange, links }: User, { id, side }: { id: string; side: Side }, now: Date): ProfileChange {
  if (emailChange?.id !== id || new Date(emailChange.expiresAt) <= now) throw new AppError('link_invalid');
  const waiting = emailChange.waiting.filter((one) => one !== side);
  if (waiting.length > 0) return { emailChange: { ...emailChange, waiting } };
  return { email: emailChange.email, emailVerified: true, emailChange: undefined, links: links + 1 };
}

function macOf(keyring: Keyring, payload: string): string {
  return createHmac('sha256', keyring.mac('email change')).update(payload).digest('base64url');
}
