import type { UserId } from '@privexbot/contract';
import type { Database } from '../../db/database.ts';
import type { OrgScope } from '../../http/scope.ts';
import { apiKeyNames } from '../api-keys/index.ts';
import { findPeople } from '../auth/index.ts';
import type { Entry } from './entries.ts';

/** Names of who acted, by id: of people with their address, of API keys. Undefined for others and for who is gone. */
export async function namesOf(
  db: Database,
  transaction: OrgScope['transaction'],
  entries: readonly Entry[],
): Promise<(actor: string) => string | undefined> {
  const actors = new Set(entries.map(({ record }) => record.actor));
  const people = await findPeople(db, [...actors].filter(isUser));
  const keys = [...actors].some((actor) => actor.startsWith('key_'))
    ? await transaction((tx) => apiKeyNames(db, tx))
    : new Map<string, string>();
  return (actor) => {
    const person = isUser(actor) ? people.get(actor) : undefined;
    if (person) return person.email ? `${person.name} (${person.email})` : person.name;
    return keys.get(actor);
  };
}

function isUser(actor: string): actor is UserId {
  return actor.startsWith('usr_');
}
