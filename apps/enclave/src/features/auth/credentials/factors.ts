/** What is kept of passkeys, authenticator apps and recovery codes, and that none of a person's is missing. */
import type { CredentialId, UserId } from '@privexbot/contract';
import type { Context } from '../../../context.ts';
import { StaleRow } from '../../../db/heads.ts';
import type { CredentialKind } from '../../../db/tables.ts';
import { type Credential, deleteCredential, insertCredential, listCredentials } from '../credentials-store.ts';
import { changeUser, findUser, type Tx, type User } from '../store.ts';
import type { Passkey } from './passkeys.ts';

export interface PasskeyContent extends Passkey {
  readonly name: string;
  /** ISO 8601. */
  readonly lastUsedAt?: string;
}

export interface TotpContent {
  /** Base64. */
  readonly secret: string;
  /** Of the code that was used last: it and those before count no more. */
  readonly lastStep: number;
  /** Wrong codes since then, and when the last one came (ISO 8601). */
  readonly failures: number;
  readonly failedAt?: string;
}

export interface RecoveryContent {
  /** Indexes of the codes that are left. */
  readonly codes: readonly string[];
}

interface Contents {
  readonly passkey: PasskeyContent;
  readonly totp: TotpContent;
  readonly recovery: RecoveryContent;
}

const KINDS: readonly CredentialKind[] = ['passkey', 'totp', 'recovery'];

type Ports = Pick<Context, 'keyring' | 'now' | 'newId'>;

export type Factor = { [K in CredentialKind]: Credential<Contents[K]> & { readonly kind: K } }[CredentialKind];

/**
 * All that the person has. The person's own row says which ones there are, so that one that was deleted from outside is
 * missed: without an authenticator app nobody would be asked for a code.
 * @throws AppError `integrity_failed`
 */
export async function listFactors({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, { id, factors = [] }: User): Promise<Factor[]> {
  // Each kind is written by this folder alone, with the content of its kind.
  const found = (await listCredentials(keyring, tx, id)) as Factor[];
  const expected = new Set<CredentialId>(factors);
  if (found.length !== expected.size || found.some((one) => !expected.has(one.id)))
    throw new StaleRow('integrity_failed', { table: 'credentials', id });
  return found;
}

/** How a person may prove again who they are, the strongest first. */
export async function waysToProve({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, id: UserId): Promise<(CredentialKind | 'password')[]> {
  const user = await findUser(keyring, tx, { id });
  if (!user) return [];
  const kinds = new Set((await listFactors({ keyring }, tx, user)).map(({ kind }) => kind));
  return [...KINDS.filter((kind) => kinds.has(kind)), ...(user.password === undefined ? [] : (['password'] as const))];
}

export function ofKind<K extends CredentialKind>(factors: readonly Factor[], kind: K): Extract<Factor, { kind: K }>[] {
  return factors.filter((one): one is Extract<Factor, { kind: K }> => one.kind === kind);
}

/** @param lookup by which it is found again, where it is a passkey */
export async function addFactor<K extends CredentialKind>(
  { keyring, now, newId }: Ports,
  tx: Tx,
  user: UserId,
  kind: K,
  content: Contents[K],
  lookup: Uint8Array | null = null,
): Promise<Credential<Contents[K]>> {
  const id = newId('credential');
  await changeUser(keyring, tx, user, ({ factors = [] }) => ({ factors: [...factors, id] }));
  const credential = { id, user, kind, content, createdAt: now() };
  await insertCredential(keyring, tx, credential, lookup);
  return credential;
}

export async function removeFactors(
  { keyring }: Pick<Ports, 'keyring'>,
  tx: Tx,
  user: UserId,
  ids: readonly CredentialId[],
): Promise<void> {
  if (ids.length === 0) return;
  await changeUser(keyring, tx, user, ({ factors = [] }) => ({ factors: factors.filter((id) => !ids.includes(id)) }));
  for (const id of ids) await deleteCredential(tx, id);
}
