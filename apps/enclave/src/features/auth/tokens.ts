/**
 * Access tokens: five-minute JWTs for services that ask who calls them. A token names the key of the device it was given
 * to (`cnf`, RFC 7800 §3.1), so that whoever finds it cannot use it, and says what was true when it was made. Here it is
 * taken only in a sealed session of that device, and session and role are looked up as for any other request.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { OrgId, Role, SessionId, UserId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { randomBytes } from '../../random.ts';
import { environmentId } from '../attestation/index.ts';

const TTL_SECONDS = 5 * 60;
const MAX_LENGTH = 2_000;
/** Thirty days. */
const PERIOD_MS = 30 * 24 * 60 * 60_000;

/** What a token says of a person. */
export interface Subject {
  readonly sub: UserId;
  readonly sid: SessionId;
  readonly org?: OrgId;
  readonly workspace?: WorkspaceId;
  readonly role?: Role;
  /** Permission version: grows with every change of the organization's members and roles. */
  readonly pv?: number;
  /** The one service it is for; absent for this environment's own. */
  readonly aud?: string;
  /** How the session was begun (RFC 8176), and when the person last proved it, in seconds since 1970. */
  readonly amr: readonly string[];
  readonly auth_time: number;
}

interface Claims extends Subject {
  /** Id of the environment. */
  readonly iss: string;
  /** One token's own, so that a service can take it once. */
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly cnf: { readonly jkt: string };
}

export interface Tokens {
  /** RFC 7517. */
  readonly keySet: { readonly keys: readonly TokenKey[] };
  issue(subject: Subject, device: string): { token: string; expiresAt: Date };
  /** What a token says, where it is one of this environment's and for it, in its time, and for the device that was proven. */
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

/**
 * Keys follow from the environment's and the time, so that every server process and every restart has the same ones. Each signs
 * for `PERIOD_MS`; the one before still counts, and the next one is published before it signs.
 */
export function createTokens({ keyring, now }: Pick<Context, 'keyring' | 'now'>): Tokens {
  const iss = environmentId(keyring.publicKey('identity'));
  const signers = new Map<number, Signer>();
  const signerOf = (period: number): Signer => {
    const signer = signers.get(period) ?? createSigner(keyring.signingKey(`access tokens ${period}`));
    signers.set(period, signer);
    for (const other of signers.keys()) if (Math.abs(other - currentPeriod()) > 1) signers.delete(other);
    return signer;
  };
  const currentPeriod = () => Math.floor(now().getTime() / PERIOD_MS);

  return {
    get keySet() {
      const period = currentPeriod();
      return { keys: [period - 1, period, period + 1].map((one) => signerOf(one).key) };
    },
    issue(subject, device) {
      const { header, privateKey } = signerOf(currentPeriod());
      const iat = Math.floor(now().getTime() / 1_000);
      const jti = randomBytes(16).toString('base64url');
      const claims: Claims = { iss, ...subject, jti, iat, exp: iat + TTL_SECONDS, cnf: { jkt: device } };
      const signed = `${header}.${encode(claims)}`;
      const signature = sign(null, Buffer.from(signed), privateKey).toString('base64url');
      return { token: `${signed}.${signature}`, expiresAt: new Date(claims.exp * 1_000) };
    },
    read(token, device) {
      const [given, payload = '', signature = '', ...more] = token.length > MAX_LENGTH ? [] : token.split('.');
      const period = currentPeriod();
      // The headers that were ever signed here: nothing in a token chooses how it is checked.
      const signer = [period, period - 1].map(signerOf).find(({ header }) => header === given);
      if (!signer || more.length > 0) return undefined;
      if (!verify(null, Buffer.from(`${given}.${payload}`), signer.publicKey, Buffer.from(signature, 'base64url'))) return undefined;
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
      const seconds = now().getTime() / 1_000;
      if (claims.aud !== undefined) return undefined;
      return claims.iss === iss && claims.iat <= seconds && seconds < claims.exp && claims.cnf.jkt === device ? claims : undefined;
    },
  };
}

interface Signer {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly key: TokenKey;
  /** Of every token that it signs. */
  readonly header: string;
}

function createSigner(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  const { x = '' } = publicKey.export({ format: 'jwk' });
  // RFC 8037 appendix A.3: the thumbprint of an OKP key.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  const key = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' } as const;
  return { privateKey, publicKey, key, header: encode({ alg: 'EdDSA', typ: 'JWT', kid }) };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
