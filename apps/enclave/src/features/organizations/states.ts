import type { OrgId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { OrganizationState, Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

type Tx = Transaction<Realm>;

export interface State {
  readonly state: OrganizationState;
  /** When it will be deleted. */
  readonly endsAt?: Date | undefined;
}

function placeOf(row: Omit<Tables['organization_states'], 'sealed'>): Place {
  const { org_id, version, state, ends_at } = row;
  return { table: 'organization_states', realm: org_id, id: org_id, version, clear: [state, ends_at?.toISOString() ?? null] };
}

/** An organization without a row is active, unless there was one. */
export async function findState(keyring: Keyring, tx: Tx, org: OrgId): Promise<State> {
  const row = await tx.sql.selectFrom('organization_states').selectAll().where('org_id', '=', org).executeTakeFirst();
  await tx.check('organization_states', org, row?.sealed ?? null, org);
  if (!row) return { state: 'active' };
  openValue(await keyring.organization(tx.keys, org), placeOf(row), row.sealed);
  return { state: row.state, endsAt: row.ends_at ?? undefined };
}

export async function setState(keyring: Keyring, tx: Tx, org: OrgId, { state, endsAt }: State): Promise<void> {
  await tx.lock('organization_states', org);
  await findState(keyring, tx, org);
  const before = await tx.sql.selectFrom('organization_states').select('version').where('org_id', '=', org).executeTakeFirst();
  const row = { org_id: org, state, ends_at: endsAt ?? null, version: (before?.version ?? 0) + 1 };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), {});
  await tx.record('organization_states', org, sealed, org);
  await tx.sql
    .insertInto('organization_states')
    .values({ ...row, sealed })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet({ state, ends_at: row.ends_at, version: row.version, sealed }))
    .execute();
}

/** Organizations that seem to be due for deletion. Only a pointer: each state is checked where it is used. */
export async function listDue(tx: Transaction<'environment'>, at: Date): Promise<OrgId[]> {
  const rows = await tx.sql
    .selectFrom('organization_states')
    .select('org_id')
    .where('state', '=', 'deleting')
    .where('ends_at', '<=', at)
    .execute();
  return rows.map(({ org_id }) => org_id);
}
