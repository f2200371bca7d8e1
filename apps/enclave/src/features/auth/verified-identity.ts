import type { SessionFacts } from '../../http/scope.ts';

/** Ways to sign in, each with a file in `strategies/`. */
export type Method = 'password' | 'link' | 'passkey' | 'evm' | 'solana' | 'cosmos' | 'oidc' | 'saml' | 'ldap' | 'jwt';

/** Of the ways that this environment vouches for itself; their subject is the person's id. */
export const OWN_ISSUER = 'privexbot';

/** All that a way to sign in says of a person, once it has checked everything. Nothing else leaves a strategy. */
export interface VerifiedIdentity {
  readonly method: Method;
  /** For identity providers of an organization. */
  readonly connection?: NonNullable<SessionFacts['connection']>;
  /** `privexbot`, a wallet's chain family, or what the identity provider calls itself. */
  readonly issuer: string;
  /** What the issuer never gives to another person; no address. */
  readonly subject: string;
  /** What the person knows it by, such as a shortened wallet address. */
  readonly label: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly name?: string;
  /** As the directory names them. */
  readonly groups: readonly string[];
  /** How it was proven (RFC 8176): `pwd`, `otp`, `hwk`, `swk`, `user`, `mfa`. */
  readonly amr: readonly string[];
  readonly authTime: Date;
}

/** What a session remembers of it. */
export function factsOf({ method, amr, authTime, connection }: VerifiedIdentity): Omit<SessionFacts, 'startedAt'> {
  return { method, amr, authTime, ...(connection ? { connection } : {}) };
}

/** An identity of the person itself, proven by what this environment keeps of it. */
export function ownIdentity(method: Method, user: string, amr: readonly string[], authTime: Date): VerifiedIdentity {
  return { method, issuer: OWN_ISSUER, subject: user, label: method, emailVerified: false, groups: [], amr, authTime };
}
