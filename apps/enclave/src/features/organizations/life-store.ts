import type { OrganizationReceipt, OrgId, SignedOrganizationReceipt, UserId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

type Draft = Omit<OrganizationReceipt, 'v' | 'method' | 'source' | 'limits' | 'destroyedAt'>;
interface Sealed {
  readonly draft: Draft;
  /** Accounts of programs, which end with the organization; until it is signed. */
  readonly programs?: readonly UserId[];
  readonly signed?: SignedOrganizationReceipt;
}
type Row = Tables['organization_receipts'];

/** Not by foreign keys: what they do not reach is deleted by name. */
const LOOSE = ['usage', 'audit_entries', 'audit_checkpoints', 'keystore.keys'] as const;

function placeOf({ id, user_id }: Pick<Row, 'id' | 'user_id'>): Place {
  return { table: 'organization_receipts', realm: 'environment', id, version: 1, clear: [user_id] };
}

export async function hasOrganization(tx: Transaction, org: OrgId): Promise<boolean> {
  return (await tx.sql.selectFrom('organizations').select('org_id').where('org_id', '=', org).executeTakeFirst()) !== undefined;
}

export async function countRows(tx: Transaction, org: OrgId): Promise<Pick<Draft, 'organization' | 'keys' | 'members' | 'entries'>> {
  const count = async (table: 'keystore.keys' | 'memberships' | 'audit_entries') => {
    const row = await tx.sql
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<string>().as('rows'))
      .where('org_id', '=', org)
      .executeTakeFirstOrThrow();
    return Number(row.rows);
  };
  return {
    organization: org,
    keys: await count('keystore.keys'),
    members: await count('memberships'),
    entries: await count('audit_entries'),
  };
}

/** Deletes every row of an organization, its stored keys among them, and its queued jobs. */
export async function deleteEverything(tx: Transaction, org: OrgId): Promise<void> {
  await tx.run(`delete from pgboss.job where data->>'org' = $1 and name <> 'delete-organization'`, [org]);
  await tx.sql.deleteFrom('organizations').where('org_id', '=', org).execute();
  for (const table of LOOSE) await tx.sql.deleteFrom(table).where('org_id', '=', org).execute();
  for (const table of ['heads', 'head_changes'] as const) await tx.sql.deleteFrom(table).where('realm', '=', org).execute();
}

/** One for each of the last Admins; a second attempt finds those of the first. */
export async function insertReceipts(
  keyring: Keyring,
  tx: Transaction<'environment'>,
  org: OrgId,
  admins: readonly UserId[],
  { draft, programs }: Required<Pick<Sealed, 'draft' | 'programs'>>,
  created_at: Date,
): Promise<void> {
  for (const user_id of admins) {
    const row = { id: `${org}.${user_id}`, user_id, created_at };
    const sealed = sealValue(keyring.environment, placeOf(row), { draft, programs } satisfies Sealed);
    await tx.sql
      .insertInto('organization_receipts')
      .values({ ...row, sealed })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

/** Organizations whose deletion was begun since then. */
export async function listDeleted(tx: Transaction<'environment'>, since: Date): Promise<OrgId[]> {
  const rows = await tx.sql.selectFrom('organization_receipts').select('id').where('created_at', '>', since).execute();
  return [...new Set(rows.map(({ id }) => id.split('.')[0] as OrgId))];
}

export interface Unsigned extends Required<Omit<Sealed, 'signed'>> {
  readonly row: Row;
}

export async function listUnsigned(keyring: Keyring, tx: Transaction<'environment'>, org: OrgId): Promise<Unsigned[]> {
  const rows = await tx.sql.selectFrom('organization_receipts').selectAll().where('id', 'like', `${org}.%`).forUpdate().execute();
  return rows.flatMap((row) => {
    const { draft, programs = [], signed } = openValue<Sealed>(keyring.environment, placeOf(row), row.sealed);
    return signed ? [] : [{ row, draft, programs }];
  });
}

export async function signReceipts(
  keyring: Keyring,
  tx: Transaction<'environment'>,
  unsigned: readonly Unsigned[],
  sign: (draft: Draft) => SignedOrganizationReceipt,
): Promise<void> {
  for (const { row, draft } of unsigned) {
    const sealed = sealValue(keyring.environment, placeOf(row), { draft, signed: sign(draft) } satisfies Sealed);
    await tx.sql.updateTable('organization_receipts').set({ sealed }).where('id', '=', row.id).execute();
  }
}

/** Newest first. */
export async function listReceipts(keyring: Keyring, tx: Transaction<'environment'>, user: UserId): Promise<SignedOrganizationReceipt[]> {
  const rows = await tx.sql
    .selectFrom('organization_receipts')
    .selectAll()
    .where('user_id', '=', user)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.flatMap((row) => openValue<Sealed>(keyring.environment, placeOf(row), row.sealed).signed ?? []);
}
