// Rows of key rotations: who asked, how far it is, and the receipt at its end. Several servers may work on one, so nothing of a row is
// remembered: whoever sets one back makes steps happen again, and each finds what is there.
import type { OrgId, RotationId, RotationProblem, SignedReceipt, UserId } from '@privexbot/contract';
import type { Keyring } from '../keys/keyring.ts';
import { openValue, sealValue } from '../keys/seal.ts';
import type { Transaction } from './database.ts';
import type { Tables } from './tables.ts';

/** In the order they are gone through. From `wrapping` on no key is made under an earlier epoch. */
export type RotationState = Tables['key_rotations']['state'];

export interface RotationContent {
  readonly startedAt: string;
  readonly startedBy: UserId;
  /** In whose audit log the rotation is told. */
  readonly org: OrgId;
  readonly backupsExpireAt: string | null;
  /** Base64 of `Keyring.checkOf` the new epoch's key, once that is made. */
  readonly check?: string;
  readonly keysRewrapped: number;
  readonly keysTotal: number;
  /** Why it waits, as the last attempt left it. */
  readonly problem?: RotationProblem;
  readonly receipt?: SignedReceipt;
}

export interface RotationRecord {
  readonly id: RotationId;
  readonly epoch: number;
  readonly state: RotationState;
  readonly version: number;
  readonly content: RotationContent;
}

type EnvironmentTransaction = Pick<Transaction<'environment'>, 'sql'>;
type Row = Omit<Tables['key_rotations'], 'created_at'>;

const COLUMNS = ['id', 'epoch', 'state', 'version', 'sealed'] as const;

export async function findLatestRotation(keyring: Keyring, tx: EnvironmentTransaction): Promise<RotationRecord | undefined> {
  const row = await tx.sql.selectFrom('key_rotations').select(COLUMNS).orderBy('epoch', 'desc').limit(1).executeTakeFirst();
  return row && open(keyring, row);
}

/** Locked until the transaction ends. */
export async function lockRotation(keyring: Keyring, tx: Transaction<'environment'>, id: RotationId): Promise<RotationRecord | undefined> {
  const row = await tx.sql.selectFrom('key_rotations').select(COLUMNS).where('id', '=', id).forUpdate().executeTakeFirst();
  return row && open(keyring, row);
}

/** Rotations that are done, the latest first. */
export async function listRotations(keyring: Keyring, tx: EnvironmentTransaction, limit: number): Promise<RotationRecord[]> {
  const query = tx.sql.selectFrom('key_rotations').select(COLUMNS).where('state', '=', 'done');
  const rows = await query.orderBy('epoch', 'desc').limit(limit).execute();
  return rows.map((row) => open(keyring, row));
}

export async function insertRotation(
  keyring: Keyring,
  tx: EnvironmentTransaction,
  rotation: Pick<RotationRecord, 'id' | 'epoch' | 'content'>,
  at: Date,
): Promise<RotationRecord> {
  const made: RotationRecord = { ...rotation, state: 'started', version: 1 };
  const row = seal(keyring, made);
  await tx.sql
    .insertInto('key_rotations')
    .values({ ...row, created_at: at })
    .execute();
  return made;
}

export async function updateRotation(
  keyring: Keyring,
  tx: EnvironmentTransaction,
  before: RotationRecord,
  change: { readonly state?: RotationState; readonly content: RotationContent },
): Promise<RotationRecord> {
  const changed: RotationRecord = { ...before, ...change, version: before.version + 1 };
  const row = seal(keyring, changed);
  await tx.sql.updateTable('key_rotations').set(row).where('id', '=', row.id).execute();
  return changed;
}

function open(keyring: Keyring, { sealed, ...row }: Row): RotationRecord {
  return { ...row, content: openValue<RotationContent>(keyring.environment, placeOf(row), sealed) };
}

function seal(keyring: Keyring, { content, ...row }: RotationRecord): Row {
  return { ...row, sealed: sealValue(keyring.environment, placeOf(row), content) };
}

function placeOf({ id, epoch, state, version }: Omit<Row, 'sealed'>) {
  return { table: 'key_rotations', realm: 'environment', id, version, clear: [epoch, state] };
}
