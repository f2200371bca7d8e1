/**
 * Access tokens: five-minute JWTs for services that ask who calls them. A token names the key of the device it was given
 * to (`cnf`, RFC 7800 §3.1), so that whoever finds it cannot use it, and says what was true when it was made. Here it is
 * taken only in a sealed session of that device, and session and role are looked up as for any other request.
 */
import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { OrgId, Role, SessionId, UserId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { environmentId } from '../attestation/index.ts';

const TTL_SECONDS = 5 * 60;
const MAX_LENGTH = 2_000;

/** What a token says of a person. */
export interface Subject {
  readonly sub: UserId;
  readonly sid: SessionId;
  readonly org?: OrgId;
  readonly workspace?: WorkspaceId;
  readonly role?: Role;
  /** Permission version: grows with every change of the organization's members and roles. */
  readonly pv?: number;
}

interface Claims extends Subject {
  /** Id of the environment. */
  readonly iss: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly cnf: { readonly jkt: string };
}

export interface Tokens {
  /** RFC 7517. */
  readonly keySet: { readonly keys: readonly TokenKey[] };
  issue(subject: Subject, device: string): { token: string; expiresAt: Date };
  /** What a token says, where it is one of this environment's, in its time, and for the device that was proven. */
  read(token: string, device: string): Subject | undefined;
}

interface TokenKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

export function createTokens({ keyring, now }: Pick<Context, 'keyring' | 'now'>): Tokens {
  const privateKey = keyring.signingKey('access tokens');
  const publicKey = createPublicKey(privateKey);
  const iss = environmentId(keyring.publicKey('identity'));
  const { x = '' } = publicKey.export({ format: 'jwk' });
  // RFC 8037 appendix A.3: the thumbprint of an OKP key.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  const header = encode({ alg: 'EdDSA', typ: 'JWT', kid });

  return {
    keySet: { keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }] },
    issue(subject, device) {
      const iat = Math.floor(now().getTime() / 1_000);
      const claims: Claims = { iss, ...subject, iat, exp: iat + TTL_SECONDS, cnf: { jkt: device } };
      const signed = `${header}.${encode(claims)}`;
      const signature = sign(null, Buffer.from(signed), privateKey).toString('base64url');
      return { token: `${signed}.${signature}`, expiresAt: new Date(claims.exp * 1_000) };
    },
    read(token, device) {
      const [given, payload = '', signature = '', ...more] = token.length > MAX_LENGTH ? [] : token.split('.');
      // The one header that was ever signed here: nothing in a token chooses how it is checked.
      if (given !== header || more.length > 0) return undefined;
      if (!verify(null, Buffer.from(`${given}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))) return undefined;
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
      const seconds = now().getTime() / 1_000;
      return claims.iss === iss && claims.iat <= seconds && seconds < claims.exp && claims.cnf.jkt === device ? claims : undefined;
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
