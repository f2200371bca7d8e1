/**
 * API keys: `pxb_<organization>_<key>_<secret>`, so that a key is looked up inside its organization. Only a keyed hash
 * is stored. A key may what its maker may at the time of the call.
 */
import type { ApiKeyId, OrgId } from '@privexbot/contract';
import type { Database, Transaction } from '../../db/database.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { type ApiKey, findApiKeyRow, listApiKeyNames } from './store.ts';

const BEARER = /^[Bb]earer (pxb_([0-9a-z]{26})_([0-9a-z]{26})_[\w-]{43})$/;

export interface GivenKey {
  readonly text: string;
  readonly org: OrgId;
  readonly id: ApiKeyId;
}

/** Reads the `authorization` header; undefined where it holds no API key. */
export function readApiKey(authorization: string): GivenKey | undefined {
  const [, text, org, id] = BEARER.exec(authorization) ?? [];
  return text && org && id ? { text, org: `org_${org}` as OrgId, id: `key_${id}` as ApiKeyId } : undefined;
}

export function writeApiKey(org: OrgId, id: ApiKeyId, secret: string): string {
  return `pxb_${org.slice('org_'.length)}_${id.slice('key_'.length)}_${secret}`;
}

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
