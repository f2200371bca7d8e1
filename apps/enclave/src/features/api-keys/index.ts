/** API keys: only a keyed hash is stored. A key may what its maker may at the time of the call, and what it was made for. */
import type { Database, Transaction } from '../../db/database.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { type ApiKey, findApiKeyRow, listApiKeyNames } from './store.ts';
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
