/**
 * What proves that a request comes from a signed-in person: the key of the device that was proven in the sealed session
 * (`devices.ts`). Only a keyed hash of its thumbprint is stored. Outside the channel an opaque random cookie does the same,
 * until all clients are sealed.
 */
import type { SessionId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { ChannelCaller, PublicScope } from '../../http/scope.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { randomBytes } from '../../random.ts';
import { requireDevice } from './devices.ts';
import { deleteSessionBy, deleteSessions, findSession, insertSession, type Session, type Tx } from './store.ts';

const COOKIE = 'privexbot_session';
const TTL_SECONDS = 30 * 24 * 60 * 60;
const DEVICE_LENGTH = 200;

/** What a session is found by. A thumbprint is no secret: it must never be taken for a cookie, so each has its own purpose. */
export interface Proof {
  readonly by: 'device' | 'session';
  readonly value: string;
}

/** Starts a session in the transaction, in place of the device's last one; `giveSession` says so once that is committed. */
export async function startSession(
  { keyring, now, newId }: Pick<Context, 'keyring' | 'now' | 'newId'>,
  tx: Tx,
  user: UserId,
  { request, address, channel }: PublicScope,
): Promise<{ id: SessionId; proof: Proof }> {
  const createdAt = now();
  await deleteSessions(tx, user, (_, expiresAt) => expiresAt <= createdAt);
  const proof: Proof = channel
    ? { by: 'device', value: requireDevice(channel) }
    : { by: 'session', value: randomBytes(32).toString('base64url') };
  const hash = hashOf(keyring, proof);
  await deleteSessionBy(tx, hash);
  const id = newId('session');
  const device = (channel?.deviceName ?? request.headers.get('user-agent') ?? '').slice(0, DEVICE_LENGTH);
  const expiresAt = new Date(createdAt.getTime() + TTL_SECONDS * 1_000);
  await insertSession(keyring, tx, { id, user, device, address, createdAt, expiresAt }, hash);
  return { id, proof };
}

/** Refuses to start what could be bound to no device, before any work is done for it. @throws AppError `device_required` */
export function requireProof({ channel }: PublicScope): void {
  if (channel) requireDevice(channel);
}

export function giveSession(scope: PublicScope, { by, value }: Proof): void {
  if (by === 'session') setCookie(scope, value, TTL_SECONDS);
}

export function takeSessionBack(scope: PublicScope): void {
  if (!scope.channel) setCookie(scope, '', 0);
}

/** What a request proves. */
export function readProof(request: Request, channel: ChannelCaller | undefined): Proof | undefined {
  const value = channel ? channel.device : readCookie(request);
  return value ? { by: channel ? 'device' : 'session', value } : undefined;
}

export async function findSessionBy(keyring: Keyring, tx: Tx, proof: Proof): Promise<Session | undefined> {
  return findSession(keyring, tx, hashOf(keyring, proof));
}

function hashOf(keyring: Keyring, { by, value }: Proof): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex(by, value);
}

function readCookie(request: Request): string | undefined {
  const cookies = request.headers.get('cookie');
  return cookies ? /(?:^|;\s*)privexbot_session=([\w-]{43})(?:;|$)/.exec(cookies)?.[1] : undefined;
}

function setCookie({ headers, origin }: PublicScope, value: string, maxAge: number): void {
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  headers.append('set-cookie', `${COOKIE}=${value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${maxAge}${secure}`);
}
