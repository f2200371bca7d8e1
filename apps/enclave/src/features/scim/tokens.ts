/**
 * SCIM tokens: `pxs_<organization>_<token>_<secret>`, so that a token is looked up inside its organization. Only a keyed hash is stored.
 * A token belongs to one connection, and is worth nothing once that is gone.
 */
import type { OrgId, Provisioning, ScimTokenId } from '@privexbot/contract';
import type { Database } from '../../db/database.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { findConnection } from '../sso/index.ts';
import { findToken, type ScimToken } from './store.ts';

const BEARER = /^[Bb]earer (pxs_([0-9a-z]{26})_([0-9a-z]{26})_[\w-]{43})$/;

export function writeToken(org: OrgId, id: ScimTokenId, secret: string): string {
  return `pxs_${org.slice('org_'.length)}_${id.slice('sct_'.length)}_${secret}`;
}

/** The token that a header holds with its connection, if both are there, its secret is right and its time has not come. */
export async function findGivenToken(
  db: Database,
  authorization: string,
  now: Date,
): Promise<{ readonly token: ScimToken; readonly provisioning: Provisioning } | undefined> {
  const [, text = '', org, id] = BEARER.exec(authorization) ?? [];
  if (!org || !id) return undefined;
  const hash = db.keyring.blindIndex('scim-token', text);
  return db.transaction(`org_${org}` as OrgId, `sct_${id}`, async (tx) => {
    const token = await findToken(db.keyring, tx, `sct_${id}` as ScimTokenId);
    if (!token || !equalBytes(hash, token.secretHash)) return undefined;
    if (token.expiresAt && token.expiresAt <= now) return undefined;
    const connection = await findConnection(db.keyring, tx, token.org, token.connection);
    return connection && { token, provisioning: connection.provisioning };
  });
}
