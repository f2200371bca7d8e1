/** What directories said of people, for Admins to see why somebody got in, with which role, or did not. */
import type { Attempt, Mapping, UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { findAttempt, findLastSignIn, insertAttempt, listAttempts, type StoredAttempt, type StoredConnection } from './store.ts';
import type { Checks } from './strategy.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'now' | 'newId'>;

export { findAttempt, findLastSignIn, listAttempts };

export async function keepAttempt(
  { db, keyring, now, newId }: Ports,
  { id: connection, org }: StoredConnection,
  {
    outcome,
    user,
    checks,
    mapping,
  }: { outcome: Attempt['outcome']; user: UserId | undefined; checks: Checks; mapping: Mapping | undefined },
): Promise<StoredAttempt> {
  const content = { checks: [...checks.list], claims: toPlain(checks.claims), ...(mapping ? { mapping } : {}) };
  const attempt: StoredAttempt = { id: newId('attempt'), connection, user, outcome, at: now(), ...content };
  await db.transaction(org, 'system', (tx) => insertAttempt(keyring, tx, attempt));
  return attempt;
}

export function describeAttempt({ id, user, outcome, at, checks, claims, mapping }: StoredAttempt, person: string | undefined): Attempt {
  return {
    id,
    at: at.toISOString(),
    outcome,
    ...(user ? { user } : {}),
    ...(person === undefined ? {} : { person }),
    checks,
    claims,
    ...(mapping ? { mapping } : {}),
  };
}

/** Claims are of whoever tests; what rules make of them is not. */
export function withoutRules({ mapping: _, user: __, person: ___, ...own }: Attempt): Omit<Attempt, 'mapping' | 'user' | 'person'> {
  return own;
}

function toPlain(claims: Checks['claims']): Record<string, string[]> {
  return Object.fromEntries(Object.entries(claims).map(([name, values]) => [name, [...values]]));
}
