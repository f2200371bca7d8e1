// What other features may ask of policies.
import type { Database, Transaction } from '../../db/database.ts';
import { domainOfEmail, domainOwner } from '../domains/index.ts';
import { findPolicies } from './store.ts';

export { type Admit, createAdmission } from './admission.ts';

/** Whether an organization keeps addresses of this domain for itself: nobody makes an account with one without being asked in. */
export async function isCaptured(db: Database, tx: Transaction<'environment'>, email: string): Promise<boolean> {
  const domain = domainOfEmail(email);
  const org = domain && (await domainOwner(db, tx, domain));
  return org !== undefined && org !== '' && (await findPolicies(db, tx, org)).policies.captureDomains;
}
