import { sql as raw } from 'kysely';
import type { Transaction } from '../../db/database.ts';
import type { StoredKey } from '../../keys/keyring.ts';

type EnvironmentTransaction = Transaction<'environment'>;

/** The lock of the trigger in `0002-key-rotations.sql`. */
const KEY_MAKERS = 7_405_314;
/** Any constant but those of `migrate.ts`, `open-database.ts` and the trigger. */
const SOURCE = 7_405_315;
const START = 7_405_316;
const MAKERS_MAY_TAKE_MS = 3_000;

/** How many stored keys there are; only those of epochs before one, where one is given. */
export async function countKeys({ sql }: EnvironmentTransaction, before?: number): Promise<number> {
  let query = sql.selectFrom('keystore.keys').select(raw<number>`count(*)::integer`.as('count'));
  if (before !== undefined) query = query.where('epoch', '<', before);
  return (await query.executeTakeFirstOrThrow()).count;
}

/** Lets nobody else start a rotation until the transaction ends. */
export async function lockStart(tx: EnvironmentTransaction): Promise<void> {
  await tx.run('select pg_advisory_xact_lock($1)', [START]);
}

/** Lets no other server make or destroy epochs at the source until the transaction ends. Taken with the rotation's row locked. */
export async function lockSource(tx: EnvironmentTransaction): Promise<void> {
  await tx.run('select pg_advisory_xact_lock($1)', [SOURCE]);
}

/**
 * Waits until no transaction is under way that makes keys; those that begin later wait for this one. Gives up soon, since everybody who makes
 * a key waits meanwhile: whoever asked tries again.
 */
export async function lockKeyMakers(tx: EnvironmentTransaction): Promise<void> {
  await tx.run(`set local lock_timeout = ${MAKERS_MAY_TAKE_MS}`);
  await tx.run('select pg_advisory_xact_lock($1)', [KEY_MAKERS]);
}

/** Some of the keys of epochs before this one, locked against deletion; those that somebody else holds are left out. */
export function lockKeysBefore({ sql }: EnvironmentTransaction, epoch: number, limit: number): Promise<StoredKey[]> {
  return sql
    .selectFrom('keystore.keys')
    .select(['id', 'org_id', 'kind', 'epoch', 'wrapped'])
    .where('epoch', '<', epoch)
    .orderBy('epoch')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** What is told about them is on disk before anything is destroyed: the setting of the database's owner may say otherwise. */
export async function moveKeys(tx: EnvironmentTransaction, keys: readonly StoredKey[]): Promise<void> {
  await tx.run('set local synchronous_commit = on');
  await tx.run(
    `update keystore.keys set epoch = moved.epoch, wrapped = moved.wrapped
     from unnest($1::text[], $2::integer[], $3::bytea[]) as moved (id, epoch, wrapped) where keys.id = moved.id`,
    [keys.map(({ id }) => id), keys.map(({ epoch }) => epoch), keys.map(({ wrapped }) => wrapped)],
  );
}
