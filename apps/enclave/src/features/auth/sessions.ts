/**
 * What proves that a request comes from a signed-in browser: an opaque random cookie, of which only a keyed hash is
 * stored. The one file that changes when keys of the device take the cookie's place.
 */

import type { SessionId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { PublicScope } from '../../http/scope.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { randomBytes } from '../../random.ts';
import { deleteSessions, findSession, insertSession, type Session, type Tx } from './store.ts';

const COOKIE = 'privexbot_session';
const TTL_SECONDS = 30 * 24 * 60 * 60;
const DEVICE_LENGTH = 200;

/** Starts a session in the transaction; the answer's cookie is set by `giveSession` once that is committed. */
export async function startSession(
  { keyring, now, newId }: Pick<Context, 'keyring' | 'now' | 'newId'>,
  tx: Tx,
  user: UserId,
  { request, address }: PublicScope,
): Promise<{ id: SessionId; token: string }> {
  const createdAt = now();
  await deleteSessions(tx, user, (_, expiresAt) => expiresAt <= createdAt);
  const token = randomBytes(32).toString('base64url');
  const id = newId('session');
  const device = (request.headers.get('user-agent') ?? '').slice(0, DEVICE_LENGTH);
  const expiresAt = new Date(createdAt.getTime() + TTL_SECONDS * 1_000);
  await insertSession(keyring, tx, { id, user, device, address, createdAt, expiresAt }, hashOf(keyring, token));
  return { id, token };
}

export function giveSession(scope: PublicScope, token: string): void {
  setCookie(scope, token, TTL_SECONDS);
}

export function takeSessionBack(scope: PublicScope): void {
  setCookie(scope, '', 0);
}

/** The token a request carries. */
export function readSessionToken(request: Request): string | undefined {
  const cookies = request.headers.get('cookie');
  return cookies ? /(?:^|;\s*)privexbot_session=([\w-]{43})(?:;|$)/.exec(cookies)?.[1] : undefined;
}

export async function findSessionByToken(keyring: Keyring, tx: Tx, token: string): Promise<Session | undefined> {
  return findSession(keyring, tx, hashOf(keyring, token));
}

function hashOf(keyring: Keyring, token: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('session', token);
}

function setCookie({ headers, origin }: PublicScope, value: string, maxAge: number): void {
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  headers.append('set-cookie', `${COOKIE}=${value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${maxAge}${secure}`);
}
