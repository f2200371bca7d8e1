/** API keys: only a keyed hash is stored. A key may what its maker may at the time of the call, and what it was made for. */
import type { OrgId, UserId } from '@privexbot/contract';
import type { Database, Transaction } from '../../db/database.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { type ApiKey, deleteApiKeysOf, findApiKeyRow, listApiKeyNames } from './store.ts';
import type { GivenKey } from './written.ts';

export { KeyUses } from './key-uses.ts';
export { makeKey, toAnswer } from './make-key.ts';
export { deleteApiKeysOf, listApiKeys } from './store.ts';
export { type GivenKey, readApiKey } from './written.ts';

/** The key that was given, if it exists and the secret is right. */
export async function findApiKey(db: Database, { text, org, id }: GivenKey): Promise<ApiKey | undefined> {
  const hash = db.keyring.blindIndex('api-key', text);
  const key = await db.transaction(org, id, (tx) => findApiKeyRow(db.keyring, tx, id));
  return key && equalBytes(hash, key.secretHash) ? key : undefined;
}

/** Names of the organization's keys by id, for lists. */
export function apiKeyNames({ keyring }: Database, tx: Transaction): Promise<Map<string, string>> {
  return listApiKeyNames(keyring, tx);
}

/**
 * Ends the keys of somebody whom a directory has put out: they are dead at once, since a key may what its maker may, and stay so when
 * the maker comes back. The environment does not see keys, so this follows what it did, in a transaction of the organization.
 */
export async function endKeysOf(
  db: Database,
  { org, user, actor }: { org: OrgId; user: UserId; actor: string },
  by: Readonly<Record<string, string>>,
): Promise<void> {
  await db.transaction(org, actor, async (tx) => {
    const keys = await deleteApiKeysOf(tx, user);
    if (keys > 0) tx.audit('key.revoked', user, { ...by, keys });
  });
}
