// What other features may ask of domains.
import type { OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { sweepDomains } from './check.ts';
import { domainOfEmail, normaliseDomain } from './normalise.ts';
import { findVerified, listDomains, type Tx } from './store.ts';

export { checkDomain, describeDomain } from './check.ts';
export { domainOfEmail, isAddress, normaliseDomain } from './normalise.ts';
export { listDomains } from './store.ts';

const SWEEP_EVERY_MS = 10 * 60_000;

/** Starts looking again, from time to time, at what was proven. */
export function openDomains(context: Pick<Context, 'db' | 'keyring' | 'dns' | 'now' | 'log'>): Disposable {
  const sweep = () => void sweepDomains(context).catch((err: unknown) => context.log.warn({ err }, 'domains were not looked at'));
  const timer = setInterval(sweep, SWEEP_EVERY_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The organization that proved this domain, also for one that is written in another way (`ACME.test.`). */
export function findDomainOwner(db: Database, domain: string): Promise<OrgId | undefined> {
  return db.transaction('environment', 'system', (tx) => domainOwner(db, tx, domain));
}

/** The same inside a transaction. */
export async function domainOwner(
  { keyring }: Pick<Database, 'keyring'>,
  tx: Transaction<'environment'>,
  domain: string,
): Promise<OrgId | undefined> {
  const name = normaliseDomain(domain);
  return name === undefined ? undefined : (await findVerified(keyring, tx, name))?.org;
}

/** The domains that the organization proved. */
export async function verifiedDomains({ keyring }: Pick<Database, 'keyring'>, tx: Tx, org: OrgId): Promise<Set<string>> {
  const domains = await listDomains(keyring, tx, org);
  return new Set(domains.filter(({ state }) => state === 'verified').map(({ name }) => name));
}

/** Whether an address lies in one of the organization's proven domains. */
export async function isOwnAddress(ports: Pick<Database, 'keyring'>, tx: Tx, org: OrgId, email: string): Promise<boolean> {
  const domain = domainOfEmail(email);
  return domain !== undefined && (await verifiedDomains(ports, tx, org)).has(domain);
}
