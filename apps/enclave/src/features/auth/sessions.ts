/**
 * What proves that a request comes from a signed-in person: the key of the device that was proven in the sealed session
 * (`devices.ts`). Only a keyed hash of its thumbprint is stored.
 */
import type { SessionId, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { PublicScope, SessionFacts } from '../../http/scope.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { rememberDevice } from './attempts.ts';
import { requireDevice } from './devices.ts';
import { deleteReplaced, findSession, insertSession, type Session, type Tx } from './store.ts';

const TTL_SECONDS = 30 * 24 * 60 * 60;
const NAME_LENGTH = 200;

/** Starts a session in the transaction, in place of the device's last one. @throws AppError `device_required` */
export async function startSession(
  { keyring, now, newId }: Pick<Context, 'keyring' | 'now' | 'newId'>,
  tx: Tx,
  user: UserId,
  { address, channel }: PublicScope,
  facts: Omit<SessionFacts, 'startedAt'>,
): Promise<SessionId> {
  const key = requireDevice(channel);
  const hash = hashOf(keyring, key);
  const createdAt = now();
  await deleteReplaced(tx, user, hash, createdAt);
  const id = newId('session');
  const device = (channel?.deviceName ?? '').slice(0, NAME_LENGTH);
  const expiresAt = new Date(createdAt.getTime() + TTL_SECONDS * 1_000);
  const session = { id, user, device, address, createdAt, expiresAt, facts: { ...facts, startedAt: createdAt } };
  await Promise.all([insertSession(keyring, tx, session, hash), rememberDevice({ keyring, now }, tx, user, key)]);
  return id;
}

export async function findSessionOf(keyring: Keyring, tx: Tx, device: string): Promise<Session | undefined> {
  return findSession(keyring, tx, hashOf(keyring, device));
}

function hashOf(keyring: Keyring, device: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('device', device);
}
