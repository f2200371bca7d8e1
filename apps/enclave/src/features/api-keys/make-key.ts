/** Making a key: what it may do lies within what its maker may, and within the key that makes it. */
import { type OrgId, PERMISSIONS, type Permission, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { areInside } from '../../http/networks.ts';
import { randomBytes } from '../../random.ts';
import { type ApiKey, insertApiKey, type KeyLimits, type KeyUse } from './store.ts';
import { writeApiKey } from './written.ts';

const SECRET_BYTES = 32;
const ALLOWS_PLAIN = 'people.manage';

export interface Wish {
  readonly name: string;
  readonly plain?: boolean | undefined;
  readonly scopes?: KeyLimits['scopes'];
  readonly networks?: readonly string[] | undefined;
  /** ISO 8601. */
  readonly expiresAt?: string | undefined;
}

interface Maker {
  readonly org: OrgId;
  /** Whose rights the key has. */
  readonly user: UserId;
  readonly can: (permission: Permission) => boolean;
  /** The key that makes this one, if one does. */
  readonly by: KeyLimits | undefined;
}

/** Makes a key in the transaction; its text is here and nowhere else. @throws AppError `not_allowed`, `key_wider`, `bad_request` */
export async function makeKey(
  { keyring, newId, now }: Pick<Context, 'keyring' | 'newId' | 'now'>,
  tx: Transaction,
  { org, user, can, by }: Maker,
  wish: Wish,
): Promise<{ key: ApiKey; text: string }> {
  const { name, plain = false } = wish;
  if (plain && !can(ALLOWS_PLAIN)) throw new AppError('not_allowed', { allows: PERMISSIONS[ALLOWS_PLAIN].allows });
  const createdAt = now();
  const limits = limitsOf(wish, by, createdAt);
  for (const scope of limits.scopes ?? []) if (!can(scope)) throw new AppError('not_allowed', { allows: PERMISSIONS[scope].allows });
  const id = newId('apiKey');
  const text = writeApiKey(org, id, randomBytes(SECRET_BYTES).toString('base64url'));
  const key: ApiKey = { id, org, user, name, ending: text.slice(-4), plain, ...limits, createdAt };
  await insertApiKey(keyring, tx, key, keyring.blindIndex('api-key', text));
  tx.audit('key.created', id, factsOf(key));
  return { key, text };
}

/** What is not asked for is as the making key has it. */
function limitsOf({ scopes, networks, expiresAt: expires }: Wish, by: KeyLimits | undefined, now: Date): KeyLimits {
  const expiresAt = expires === undefined ? by?.expiresAt : new Date(expires);
  if (expiresAt && expiresAt <= now) throw new AppError('bad_request', { problem: 'expiresAt: this time is over', field: 'expiresAt' });
  const limits = { scopes: scopes ?? by?.scopes, networks: networks ?? by?.networks ?? [], expiresAt };
  const wider = by && widerThan(by, limits);
  if (wider) throw new AppError('key_wider', { field: wider });
  return limits;
}

function widerThan(by: KeyLimits, { scopes, networks, expiresAt }: KeyLimits): string | undefined {
  if (by.scopes && !scopes?.every((scope) => by.scopes?.includes(scope))) return 'scopes';
  if (by.networks.length > 0 && (networks.length === 0 || !areInside(by.networks, networks))) return 'networks';
  if (by.expiresAt && (!expiresAt || expiresAt > by.expiresAt)) return 'expiresAt';
  return undefined;
}

function factsOf({ plain, scopes, networks, expiresAt, user }: ApiKey) {
  return {
    user,
    ...(plain ? { plain } : {}),
    ...(scopes ? { scopes: scopes.join(' ') } : {}),
    ...(networks.length > 0 ? { networks: networks.length } : {}),
    ...(expiresAt ? { expires: expiresAt.toISOString() } : {}),
  };
}

export function toAnswer({ id, name, ending, plain, scopes, networks, expiresAt, createdAt }: ApiKey, use?: KeyUse) {
  return {
    id,
    name,
    ending,
    plain,
    ...(scopes ? { scopes: [...scopes] } : {}),
    networks: [...networks],
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
    ...(use ? { lastUsed: { at: use.at.toISOString(), address: use.address } } : {}),
    createdAt: createdAt.toISOString(),
  };
}
