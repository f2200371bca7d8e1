import type { OrgId, Policies, SessionId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { StaleRow } from '../../db/heads.ts';
import { AppError, describeRecord } from '../../errors.ts';
import { equalBytes, type Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** Of the organization itself or, where somebody signs up, of the environment. */
export type Tx = Transaction<Realm>;

export interface Stored {
  readonly policies: Policies;
  readonly revision: number;
}

/** What holds before anybody set anything. */
export const NO_POLICIES: Policies = { mfa: 'off', ssoRequired: false, breakGlass: [], networks: [], captureDomains: false };

function placeOf(org: OrgId, version: number): Place {
  return { table: 'policies', realm: org, id: org, version };
}

/** The organization's policies. A row that somebody took away is no permission: it is refused. */
export async function findPolicies({ keyring, heads }: Database, tx: Tx, org: OrgId): Promise<Stored> {
  const row = await tx.sql.selectFrom('policies').selectAll().where('org_id', '=', org).executeTakeFirst();
  if (!row) {
    if ((await heads.counter(org, 'policies')) > 0)
      // Perhaps set since the row was looked for: reading again tells.
      throw new StaleRow('integrity_failed', describeRecord({ table: 'policies', realm: org, id: org }));
    return { policies: NO_POLICIES, revision: 0 };
  }
  const policies = openValue<Policies>(await keyring.organization(tx.keys, org), placeOf(org, row.version), row.sealed);
  await tx.check('policies', org, row.sealed, org);
  // Those that a later version added are off.
  return { policies: { ...NO_POLICIES, ...policies }, revision: row.version };
}

/** Sets them in place of those of `revision`. @throws AppError `conflict` */
export async function replacePolicies(db: Database, tx: Transaction, policies: Policies, revision: number): Promise<Stored> {
  await tx.lock('policies');
  const { realm: org } = tx;
  const before = await findPolicies(db, tx, org);
  if (before.revision !== revision) throw new AppError('conflict');
  const row = { org_id: org, version: revision + 1 };
  const sealed = sealValue(await db.keyring.organization(tx.keys, org), placeOf(org, row.version), policies);
  await tx.record('policies', org, sealed);
  await tx.sql
    .insertInto('policies')
    .values({ ...row, sealed })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet({ version: row.version, sealed }))
    .execute();
  return { policies, revision: row.version };
}

/** When a session was last used here, as far as that is on record. */
export async function findActivity(keyring: Keyring, tx: Transaction, session: SessionId): Promise<Date | undefined> {
  const row = await tx.sql.selectFrom('session_activity').selectAll().where('session_id', '=', session).executeTakeFirst();
  return row && equalBytes(row.mac, activityMac(keyring, tx.realm, session, row.seen_at)) ? row.seen_at : undefined;
}

export async function noteActivity(keyring: Keyring, tx: Transaction, session: SessionId, seen_at: Date): Promise<void> {
  const mac = activityMac(keyring, tx.realm, session, seen_at);
  await tx.sql
    .insertInto('session_activity')
    .values({ org_id: tx.realm, session_id: session, seen_at, mac })
    .onConflict((conflict) => conflict.columns(['org_id', 'session_id']).doUpdateSet({ seen_at, mac }))
    .execute();
}

function activityMac(keyring: Keyring, org: OrgId, session: SessionId, at: Date): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('session-activity', JSON.stringify([org, session, at.getTime()]));
}
