// What other features may ask of policies.
import type { OrgId } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { domainOfEmail, domainOwner } from '../domains/index.ts';
import { isSsoOnly } from './judge.ts';
import { findPolicies } from './store.ts';

export { type Admit, createAdmission } from './admission.ts';

/** Whether an organization keeps addresses of this domain for itself: nobody makes an account with one without being asked in. */
export async function isCaptured(db: Database, tx: Transaction<'environment'>, email: string): Promise<boolean> {
  const domain = domainOfEmail(email);
  const org = domain && (await domainOwner(db, tx, domain));
  return org !== undefined && org !== '' && (await findPolicies(db, tx, org)).policies.captureDomains;
}

/** Whether members come in by connections of the organization only, so that one has to be there. */
export async function requiresSso(db: Database, tx: Transaction<Realm>, org: OrgId): Promise<boolean> {
  return isSsoOnly((await findPolicies(db, tx, org)).policies);
}
