/**
 * Questions that a browser answers later: a wallet's text to sign, the state of a sign-in at an identity provider, a second
 * factor. Each is answered once, by the device that was asked, whichever server process it then meets. Their ids are secrets
 * and stored as blind indexes only; a row that was put back from outside is refused (`db/heads.ts`).
 */
import type { Context } from '../../context.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import { randomBytes } from '../../random.ts';
import type { Tx } from './store.ts';

type Ports = Pick<Context, 'keyring' | 'now'>;

interface Content<T> {
  /** Thumbprint of the key of the device that was asked. */
  readonly device: string;
  readonly data: T;
  /** What somebody else than that device brought, such as an identity provider's response. */
  readonly response?: unknown;
}

interface Question<T> {
  /** One purpose's ids are worth nothing to another. */
  readonly purpose: string;
  readonly device: string;
  readonly ttlMs: number;
  readonly data: T;
}

/** Expired rows that each new one clears away. */
const SWEPT_AT_ONCE = 20;

function placeOf({ id, purpose, expires_at, version }: Omit<Tables['challenges'], 'sealed'>): Place {
  return { table: 'challenges', realm: 'environment', id, version, clear: [purpose, expires_at.toISOString()] };
}

/** @returns the id, 43 characters of base64url that nobody else can guess */
export async function createChallenge<T extends object>({ keyring, now }: Ports, tx: Tx, question: Question<T>): Promise<string> {
  const { purpose, device, ttlMs, data } = question;
  const id = randomBytes(32).toString('base64url');
  await tx.lock('challenges');
  await sweep(tx, now());
  const row = { id: indexOf(keyring, id), purpose, expires_at: new Date(now().getTime() + ttlMs), version: 1 };
  const sealed = sealValue(keyring.environment, placeOf(row), { device, data } satisfies Content<T>);
  await tx.record('challenges', row.id, sealed);
  await tx.sql
    .insertInto('challenges')
    .values({ ...row, sealed })
    .execute();
  return id;
}

/** What was asked, for its device alone; it stays to be answered. @throws AppError `challenge_invalid` */
export async function readChallenge<T>(
  ports: Ports,
  tx: Tx,
  purpose: string,
  id: string,
  device: string,
): Promise<T & { response?: unknown }> {
  const { content } = await find<T>(ports, tx, purpose, id);
  if (content.device !== device) throw new AppError('challenge_invalid');
  return { ...content.data, ...(content.response === undefined ? {} : { response: content.response }) };
}

/** The same, used up by it: of several at once one gets it. @throws AppError `challenge_invalid` */
export async function takeChallenge<T>(
  ports: Ports,
  tx: Tx,
  purpose: string,
  id: string,
  device: string,
): Promise<T & { response?: unknown }> {
  await tx.lock('challenges');
  const data = await readChallenge<T>(ports, tx, purpose, id, device);
  await remove(tx, indexOf(ports.keyring, id));
  return data;
}

/**
 * Keeps what came for a challenge by another way than its device, once; it counts only when that device takes the challenge.
 * @throws AppError `challenge_invalid`, also where something came before
 */
export async function answerChallenge(ports: Ports, tx: Tx, purpose: string, id: string, response: unknown): Promise<void> {
  const { keyring } = ports;
  await tx.lock('challenges');
  const { row, content } = await find<object>(ports, tx, purpose, id);
  if (content.response !== undefined) throw new AppError('challenge_invalid');
  const version = row.version + 1;
  const sealed = sealValue(keyring.environment, placeOf({ ...row, version }), { ...content, response });
  await tx.record('challenges', row.id, sealed);
  await tx.sql.updateTable('challenges').set({ version, sealed }).where('id', '=', row.id).execute();
}

/** Whether something that counts once, such as an assertion, is seen for the first time; it is remembered until it counts no more. */
export async function useOnce({ keyring, now }: Ports, tx: Tx, what: string, until: Date): Promise<boolean> {
  await tx.lock('challenges');
  await sweep(tx, now());
  const row = { id: indexOf(keyring, `used ${what}`), purpose: 'used', expires_at: until, version: 1 };
  const seen = await tx.sql.selectFrom('challenges').select('id').where('id', '=', row.id).executeTakeFirst();
  if (seen) return false;
  const sealed = sealValue(keyring.environment, placeOf(row), { device: '', data: {} } satisfies Content<object>);
  await tx.record('challenges', row.id, sealed);
  await tx.sql
    .insertInto('challenges')
    .values({ ...row, sealed })
    .execute();
  return true;
}

async function find<T>(
  { keyring, now }: Ports,
  tx: Tx,
  purpose: string,
  id: string,
): Promise<{ row: Tables['challenges']; content: Content<T> }> {
  const row = await tx.sql
    .selectFrom('challenges')
    .selectAll()
    .where('id', '=', indexOf(keyring, id))
    .where('purpose', '=', purpose)
    .executeTakeFirst();
  if (!row || row.expires_at <= now()) throw new AppError('challenge_invalid');
  const content = openValue<Content<T>>(keyring.environment, placeOf(row), row.sealed);
  await tx.check('challenges', row.id, row.sealed);
  return { row, content };
}

async function sweep(tx: Tx, at: Date): Promise<void> {
  const expired = await tx.sql.selectFrom('challenges').select('id').where('expires_at', '<=', at).limit(SWEPT_AT_ONCE).execute();
  for (const { id } of expired) await remove(tx, id);
}

async function remove(tx: Tx, id: string): Promise<void> {
  await tx.record('challenges', id, null);
  await tx.sql.deleteFrom('challenges').where('id', '=', id).execute();
}

function indexOf(keyring: Keyring, id: string): string {
  return Buffer.from(keyring.blindIndex('challenge', id)).toString('hex');
}
