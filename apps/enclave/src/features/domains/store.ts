import type { DOMAIN_FINDINGS, DOMAIN_STATES, DomainId, OrgId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

/** Of the organization itself or, where people sign in, of the environment. */
export type Tx = Transaction<Realm>;
export type DomainState = (typeof DOMAIN_STATES)[number];
export type Finding = (typeof DOMAIN_FINDINGS)[number];

/** What is sealed in a domain's row. Times are ISO 8601. */
interface Content {
  readonly name: string;
  /** What the record has to say. */
  readonly token: string;
  readonly verifiedAt?: string;
  /** The last look that found the record. */
  readonly provenAt?: string;
  readonly checkedAt?: string;
  readonly finding?: Finding;
}
export type Domain = Content & {
  readonly id: DomainId;
  readonly org: OrgId;
  readonly state: DomainState;
  readonly version: number;
  readonly createdAt: Date;
};

type Row = Omit<Tables['domains'], 'sealed'>;

function placeOf({ org_id, id, version, domain_index, state }: Row): Place {
  return { table: 'domains', realm: org_id, id, version, clear: [Buffer.from(domain_index).toString('hex'), state] };
}

function indexOf(keyring: Keyring, name: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('domain', name);
}

export async function insertDomain(keyring: Keyring, tx: Transaction, domain: Domain): Promise<void> {
  const { id, org, state, version, createdAt, ...content } = domain;
  const domain_index = indexOf(keyring, content.name);
  const row = { id, org_id: org, domain_index, state, check_at: createdAt, version, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), content);
  await tx.record('domains', id, sealed);
  await tx.sql
    .insertInto('domains')
    .values({ ...row, sealed })
    .execute();
}

/** Changes a domain that was read after its table was locked. @param checkAt when to look again */
export async function updateDomain(
  keyring: Keyring,
  tx: Tx,
  domain: Domain,
  changes: Partial<Content & { state: DomainState }>,
  checkAt: Date,
): Promise<Domain> {
  const changed = { ...domain, ...changes, version: domain.version + 1 };
  const { id, org, state, version, createdAt, ...content } = changed;
  const row = { id, org_id: org, domain_index: indexOf(keyring, content.name), state, check_at: checkAt, version, created_at: createdAt };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), content);
  await tx.record('domains', id, sealed, org);
  await tx.sql.updateTable('domains').set({ state, version, check_at: checkAt, sealed }).where('id', '=', id).execute();
  return changed;
}

export async function deleteDomain(tx: Transaction, id: DomainId): Promise<void> {
  await tx.record('domains', id, null);
  await tx.sql.deleteFrom('domains').where('id', '=', id).execute();
}

/** Oldest first. */
export async function listDomains(keyring: Keyring, tx: Tx, org: OrgId): Promise<Domain[]> {
  const rows = await tx.sql.selectFrom('domains').selectAll().where('org_id', '=', org).orderBy('id').execute();
  return Promise.all(rows.map((row) => open(keyring, tx, row)));
}

export async function findDomain(keyring: Keyring, tx: Tx, org: OrgId, id: DomainId): Promise<Domain | undefined> {
  const row = await tx.sql.selectFrom('domains').selectAll().where('org_id', '=', org).where('id', '=', id).executeTakeFirst();
  return row && open(keyring, tx, row);
}

/** The domain as the organization has it that proved it. */
export async function findVerified(keyring: Keyring, tx: Transaction<'environment'>, name: string): Promise<Domain | undefined> {
  const row = await tx.sql
    .selectFrom('domains')
    .selectAll()
    .where('domain_index', '=', indexOf(keyring, name))
    .where('state', '=', 'verified')
    .executeTakeFirst();
  return row && open(keyring, tx, row);
}

/** Takes verified domains that are due to be looked at, so that no other server does; they are due again at `until`. */
export async function claimDue(
  tx: Transaction<'environment'>,
  due: Date,
  until: Date,
  limit: number,
): Promise<{ id: DomainId; org: OrgId }[]> {
  const chosen = tx.sql
    .selectFrom('domains')
    .select('id')
    .where('state', '=', 'verified')
    .where('check_at', '<=', due)
    .orderBy('check_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  const rows = await tx.sql.updateTable('domains').set({ check_at: until }).where('id', 'in', chosen).returning(['id', 'org_id']).execute();
  return rows.map(({ id, org_id }) => ({ id, org: org_id }));
}

async function open(keyring: Keyring, tx: Tx, row: Tables['domains']): Promise<Domain> {
  const { id, org_id: org, state, version, created_at: createdAt } = row;
  const content = openValue<Content>(await keyring.organization(tx.keys, org), placeOf(row), row.sealed);
  await tx.check('domains', id, row.sealed, org);
  return { ...content, id, org, state, version, createdAt };
}
