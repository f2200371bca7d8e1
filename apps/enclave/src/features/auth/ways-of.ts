/** What people could sign in with, and how they did: for policies that ask whom they would keep out. */
import type { UserId } from '@privexbot/contract';
import type { Database } from '../../db/database.ts';
import { listCredentials } from './credentials-store.ts';
import { listIdentities } from './identities.ts';
import { findProfiles, listSessions, type Session } from './store.ts';
import type { Method } from './verified-identity.ts';

export interface WaysIn {
  readonly name: string;
  readonly email: string | undefined;
  readonly methods: ReadonlySet<Method>;
  readonly hasSecondFactor: boolean;
  readonly sessions: readonly Session[];
}

/** Of each person who is there. Ask for some hundreds at once. */
export async function findWaysIn(db: Database, users: readonly UserId[]): Promise<Map<UserId, WaysIn>> {
  if (users.length === 0) return new Map();
  const { keyring } = db;
  const [profiles, credentials, identities, sessions] = await db.transaction('environment', 'system', async (tx) => [
    await findProfiles(keyring, tx, users),
    await listCredentials(keyring, tx, users),
    await listIdentities(keyring, tx, users),
    await listSessions(keyring, tx, users),
  ]);
  const by = <T extends { user: UserId }>(all: readonly T[]) => Map.groupBy(all, ({ user }) => user);
  const [credentialsBy, identitiesBy, sessionsBy] = [by(credentials), by(identities), by(sessions)];
  return new Map(
    [...profiles].map(([user, { name, email, password }]) => {
      const kinds = new Set((credentialsBy.get(user) ?? []).map(({ kind }) => kind));
      const methods = new Set((identitiesBy.get(user) ?? []).map(({ method }) => method));
      if (email !== undefined) methods.add('link');
      if (email !== undefined && password !== undefined) methods.add('password');
      if (kinds.has('passkey')) methods.add('passkey');
      const hasSecondFactor = kinds.has('passkey') || kinds.has('totp');
      return [user, { name, email, methods, hasSecondFactor, sessions: sessionsBy.get(user) ?? [] }];
    }),
  );
}
