/**
 * Passkeys (WebAuthn Level 3): the two ceremonies over plain values. Keys can be found by the browser alone (discoverable) and
 * always ask who is there (user verification), so that one is as good as a password with a second factor.
 */
import type { Assertion, Registration } from '@privexbot/contract';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  type VerifiedAuthenticationResponse,
  type VerifiedRegistrationResponse,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type * as z from 'zod';
import { AppError } from '../../../errors.ts';

/** How long a browser may take; the challenge lives a little longer. */
const TIMEOUT_MS = 5 * 60_000;
/** EdDSA, ES256, RS256 (RFC 9053): what authenticators make. */
const ALGORITHMS: readonly number[] = [-8, -7, -257];

/** What is kept of a passkey; all of it is sealed. */
export interface Passkey {
  /** Credential id, base64url: the authenticator's name for it. */
  readonly credential: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  /** Random and the same for all passkeys of a person, base64url: what the authenticator knows the account by. */
  readonly handle: string;
  /** Signatures so far, where the authenticator counts them; 0 where it does not. */
  readonly counter: number;
  readonly transports: readonly string[];
  /** Whether copies of it may be on other devices. */
  readonly synced: boolean;
}

/** Where the ceremony takes place: the origin of the sealed session, which the client verified. */
export interface Site {
  readonly origin: string;
  readonly name: string;
}

/** Browsers make no passkeys for addresses that are numbers (WebAuthn Level 3 §5.1.3, step 7). */
export function takesPasskeys({ origin }: Site): boolean {
  return !/^[\d.]+$|:/.test(new URL(origin).hostname);
}

/** @throws AppError `passkeys_need_name` */
export function relyingParty(site: Site): string {
  if (!takesPasskeys(site)) throw new AppError('passkeys_need_name');
  return new URL(site.origin).hostname;
}

/** What `navigator.credentials.create` is called with. Those that the person has are left out, so that no device makes a second one. */
export function registrationOptions(
  site: Site,
  person: { readonly handle: string; readonly account: string; readonly name: string },
  challenge: string,
  known: readonly Passkey[],
) {
  return generateRegistrationOptions({
    rpName: site.name,
    rpID: relyingParty(site),
    userName: person.account,
    userDisplayName: person.name,
    userID: new Uint8Array(Buffer.from(person.handle, 'base64url')),
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    supportedAlgorithmIDs: [...ALGORITHMS],
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: known.map(({ credential, transports }) => ({ id: credential, transports: [...transports] })),
  });
}

/** @throws AppError `passkey_refused` */
export async function acceptRegistration(
  site: Site,
  handle: string,
  challenge: string,
  response: z.output<typeof Registration>,
): Promise<Passkey> {
  const { verified, registrationInfo } = await refused<VerifiedRegistrationResponse>(() =>
    verifyRegistrationResponse({
      // The library's types want absent fields left out, not undefined; it reads both alike.
      response: { clientExtensionResults: {}, ...response } as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: relyingParty(site),
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    }),
  );
  if (!verified) throw new AppError('passkey_refused');
  const { credential, credentialDeviceType } = registrationInfo;
  return {
    credential: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    handle,
    counter: credential.counter,
    transports: [...(credential.transports ?? [])],
    synced: credentialDeviceType === 'multiDevice',
  };
}

/** What `navigator.credentials.get` is called with; without `allowed` the browser offers the passkeys it has for this site. */
export function assertionOptions(site: Site, challenge: string, allowed: readonly Passkey[] = []) {
  return generateAuthenticationOptions({
    rpID: relyingParty(site),
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: TIMEOUT_MS,
    userVerification: 'required',
    ...(allowed.length > 0
      ? { allowCredentials: allowed.map(({ credential, transports }) => ({ id: credential, transports: [...transports] })) }
      : {}),
  });
}

/**
 * Checks what an authenticator signed. A counter that did not grow is a copy of the key, and is refused (WebAuthn §6.1.1).
 * @returns the passkey as it is to be kept now
 * @throws AppError `passkey_refused`
 */
export async function acceptAssertion(
  site: Site,
  passkey: Passkey,
  challenge: string,
  response: z.output<typeof Assertion>,
): Promise<Passkey> {
  const { userHandle } = response.response;
  if (typeof userHandle === 'string' && userHandle !== passkey.handle) throw new AppError('passkey_refused');
  const { verified, authenticationInfo } = await refused<VerifiedAuthenticationResponse>(() =>
    verifyAuthenticationResponse({
      response: { clientExtensionResults: {}, ...response } as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: relyingParty(site),
      requireUserVerification: true,
      credential: {
        id: passkey.credential,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
        transports: [...passkey.transports],
      },
    }),
  );
  if (!verified) throw new AppError('passkey_refused');
  return { ...passkey, counter: authenticationInfo.newCounter };
}

/** How the key was held, in the words of RFC 8176: in hardware, or where copies may be. */
export function amrOf({ synced }: Passkey): readonly string[] {
  return [synced ? 'swk' : 'hwk', 'user', 'mfa'];
}

/** The library says in sentences why; whoever tries learns only that it was refused. */
async function refused<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    throw new AppError('passkey_refused', {}, { cause });
  }
}
