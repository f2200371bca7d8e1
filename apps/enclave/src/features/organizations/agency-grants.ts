import type { GrantId, OrgId, Role, UserId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

type Tx = Transaction<Realm>;

/** A client organization's consent that people of an agency work in it. */
export interface Grant {
  readonly id: GrantId;
  /** The client. */
  readonly org: OrgId;
  /** Absent until an agency accepted. */
  readonly agency: OrgId | undefined;
  /** What the agency's people may be at most. */
  readonly role: Role;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  /** As they were when the agency accepted. */
  readonly names: { readonly client: string; readonly agency: string } | undefined;
  /** Whom the agency sent. */
  readonly people: readonly UserId[];
}

type Row = Tables['agency_grants'];
type Sealed = Pick<Grant, 'names' | 'people'>;

function placeOf(row: Omit<Row, 'sealed'>): Place {
  const { org_id, id, version, agency_id, role, token_hash, expires_at } = row;
  const clear = [agency_id, role, token_hash && Buffer.from(token_hash).toString('hex'), expires_at.toISOString()];
  return { table: 'agency_grants', realm: org_id, id, version, clear };
}

/** An offer, which the agency accepts by its token. */
export async function insertGrant(keyring: Keyring, tx: Tx, grant: Grant, token: string): Promise<void> {
  const { id, org, role, expiresAt, createdAt, names, people } = grant;
  const token_hash = keyring.blindIndex('agency', token);
  const row = { id, org_id: org, agency_id: null, role, token_hash, expires_at: expiresAt, version: 1, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), { names, people } satisfies Sealed);
  await tx.record('agency_grants', id, sealed, org);
  await tx.sql
    .insertInto('agency_grants')
    .values({ ...row, sealed })
    .execute();
}

/** What an organization consented to, oldest first. */
export async function listGrants(keyring: Keyring, tx: Tx, org: OrgId): Promise<Grant[]> {
  const rows = await tx.sql.selectFrom('agency_grants').selectAll().where('org_id', '=', org).orderBy('id').execute();
  return Promise.all(rows.map((row) => openRow(keyring, tx, row)));
}

/** The consents that an agency has. */
export async function listClients(keyring: Keyring, tx: Transaction<'environment'>, agency: OrgId): Promise<Grant[]> {
  const rows = await tx.sql.selectFrom('agency_grants').selectAll().where('agency_id', '=', agency).orderBy('id').execute();
  return Promise.all(rows.map((row) => openRow(keyring, tx, row)));
}

/** By its token, or by its id; with the client's table locked. */
export async function findGrant(keyring: Keyring, tx: Tx, by: { token: string } | { id: GrantId }): Promise<Grant | undefined> {
  const find = () =>
    tx.sql
      .selectFrom('agency_grants')
      .selectAll()
      .where((is) => ('id' in by ? is('id', '=', by.id) : is('token_hash', '=', keyring.blindIndex('agency', by.token))))
      .executeTakeFirst();
  const pointer = await find();
  if (!pointer) return undefined;
  await tx.lock('agency_grants', pointer.org_id);
  const row = await find();
  return row && (await openRow(keyring, tx, row));
}

/** Replaces what `changes` names. With the table locked since before the grant was read; an accepted one has no token any more. */
export async function changeGrant(
  keyring: Keyring,
  tx: Tx,
  grant: Grant,
  changes: Partial<Pick<Grant, 'agency' | 'names' | 'people'>>,
): Promise<Grant> {
  const next = { ...grant, ...changes };
  const before = await tx.sql.selectFrom('agency_grants').selectAll().where('id', '=', grant.id).executeTakeFirstOrThrow();
  const columns = { agency_id: next.agency ?? null, token_hash: next.agency ? null : before.token_hash, version: before.version + 1 };
  const place = placeOf({ ...before, ...columns });
  const { names, people } = next;
  const sealed = sealValue(await keyring.organization(tx.keys, grant.org), place, { names, people } satisfies Sealed);
  await tx.record('agency_grants', grant.id, sealed, grant.org);
  await tx.sql
    .updateTable('agency_grants')
    .set({ ...columns, sealed })
    .where('id', '=', grant.id)
    .execute();
  return next;
}

export async function deleteGrant(tx: Tx, { id, org }: Grant): Promise<void> {
  await tx.record('agency_grants', id, null, org);
  await tx.sql.deleteFrom('agency_grants').where('id', '=', id).execute();
}

async function openRow(keyring: Keyring, tx: Tx, row: Row): Promise<Grant> {
  const content = openValue<Sealed>(await keyring.organization(tx.keys, row.org_id), placeOf(row), row.sealed);
  await tx.check('agency_grants', row.id, row.sealed, row.org_id);
  const { id, org_id: org, agency_id, role, expires_at: expiresAt, created_at: createdAt } = row;
  return { id, org, agency: agency_id ?? undefined, role, expiresAt, createdAt, ...content };
}
