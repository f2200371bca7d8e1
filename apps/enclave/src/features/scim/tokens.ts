/**
 * SCIM tokens: `pxs_<organization>_<token>_<secret>`, so that a token is looked up inside its organization. Only a keyed hash is stored.
 * A token belongs to one connection, and is worth nothing once that is gone.
 */
import type { OrgId, Provisioning, ScimTokenId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { isClosedIn } from '../organizations/index.ts';
import { findConnection } from '../sso/index.ts';
import type { EnvironmentTx, ScimCall } from './call.ts';
import { ScimError } from './scim-error.ts';
import { findToken, type ScimToken } from './store.ts';

const BEARER = /^[Bb]earer (pxs_([0-9a-z]{26})_([0-9a-z]{26})_[\w-]{43})$/;

export function writeToken(org: OrgId, id: ScimTokenId, secret: string): string {
  return `pxs_${org.slice('org_'.length)}_${id.slice('sct_'.length)}_${secret}`;
}

/** A token with what its connection gives. */
interface Given {
  readonly token: ScimToken;
  readonly provisioning: Provisioning;
  /** Whether the organization is suspended or about to be deleted, so that nothing is done in it. */
  readonly isClosed: boolean;
}

export interface Tokens {
  /** The token that a header holds with its connection, if both are there, its secret is right and its time has not come. */
  find(authorization: string): Promise<Given | undefined>;
}

/** The same in the transaction of a write, which may have waited. @throws ScimError 401, 403 */
export async function requireStill(keyring: Context['keyring'], tx: EnvironmentTx, { org, token, connection }: ScimCall): Promise<void> {
  if (!(await findToken(keyring, tx, org, token.id)) || !(await findConnection(keyring, tx, org, connection))) throw unknownToken();
  if (await isClosedIn(keyring, tx, org)) throw closed();
}

export function unknownToken(): ScimError {
  return new ScimError(401, 'Send a SCIM token of this connection. An Admin makes one under Sign-in, SCIM.');
}

export function closed(): ScimError {
  return new ScimError(403, 'The organization is suspended, or about to be deleted. An Admin can open it again.');
}

/** What an answer was read from. */
const READ = ['scim_tokens', 'connections', 'organization_states'] as const;
const MAX_AGE_MS = 1_000;
const MAX_REMEMBERED = 1_000;

/**
 * Remembers for a moment what was read and checked: a directory sends thousands of requests with one token. Whatever changes tokens
 * or connections counts at once.
 */
export function createTokens({ db, now }: Pick<Context, 'db' | 'now'>): Tokens {
  const remembered = new Map<string, { readonly given: Given; readonly at: number; readonly asOf: string }>();
  // Not by `heads.changes`: each person that a directory sends is a change of those.
  const asOf = async (org: OrgId) => (await Promise.all(READ.map((table) => db.heads.counter(org, table)))).join();
  return {
    async find(authorization) {
      const [, text = '', org, id] = BEARER.exec(authorization) ?? [];
      if (!org || !id) return undefined;
      const at = now().getTime();
      const known = remembered.get(text);
      const isFresh = known && at >= known.at && at - known.at < MAX_AGE_MS && known.asOf === (await asOf(known.given.token.org));
      const given = isFresh ? known.given : await load(text, `org_${org}` as OrgId, `sct_${id}` as ScimTokenId);
      if (!given || (given.token.expiresAt && given.token.expiresAt.getTime() <= at)) return undefined;
      if (!isFresh) {
        if (remembered.size >= MAX_REMEMBERED) remembered.clear();
        remembered.set(text, { given, at, asOf: await asOf(given.token.org) });
      }
      return given;
    },
  };

  async function load(text: string, org: OrgId, id: ScimTokenId): Promise<Given | undefined> {
    const { keyring } = db;
    const hash = keyring.blindIndex('scim-token', text);
    return db.transaction(org, id, async (tx) => {
      const token = await findToken(keyring, tx, org, id);
      if (!token || !equalBytes(hash, token.secretHash)) return undefined;
      const connection = await findConnection(keyring, tx, org, token.connection);
      return connection && { token, provisioning: connection.provisioning, isClosed: await isClosedIn(keyring, tx, org) };
    });
  }
}
