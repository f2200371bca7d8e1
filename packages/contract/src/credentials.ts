import * as z from 'zod';
import { Account, Email, Password } from './auth.ts';
import { Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';

const Base64Url = z.string().regex(/^[\w-]+$/, 'expected base64url');
const Challenge = z.string().regex(/^[\w-]{43}$/, 'expected 43 characters of base64url');
const Token = z.string().min(20).max(100);
const Code = z.string().min(4).max(40);

/** What a browser makes of these is its own matter (WebAuthn Level 3 §5.1.8): they are handed on as they are. */
const CeremonyOptions = z.record(z.string(), z.unknown());
const common = {
  id: Base64Url.max(1_400),
  rawId: Base64Url.max(1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(40).nullish(),
};
/** WebAuthn Level 3 §5.1: `RegistrationResponseJSON`. */
export const Registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON: Base64Url.max(4_000),
    attestationObject: Base64Url.max(20_000),
    transports: z.array(z.string().max(40)).max(10).optional(),
  }),
});
/** WebAuthn Level 3 §5.1: `AuthenticationResponseJSON`. */
export const Assertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON: Base64Url.max(4_000),
    authenticatorData: Base64Url.max(4_000),
    signature: Base64Url.max(6_000),
    userHandle: z
      .string()
      .regex(/^[\w-]{0,100}$/, 'expected base64url')
      .nullish(),
  }),
});

/** What proves a person besides what was proven before. */
export const SECOND_FACTORS = ['passkey', 'totp', 'recovery'] as const;
const TotpProof = z.object({ way: z.literal('totp'), code: Code });
const RecoveryProof = z.object({ way: z.literal('recovery'), code: Code });
const SecondProof = z.discriminatedUnion('way', [TotpProof, RecoveryProof, z.object({ way: z.literal('passkey'), response: Assertion })]);
const StepUpProof = z.discriminatedUnion('way', [
  TotpProof,
  RecoveryProof,
  z.object({ way: z.literal('passkey'), challenge: Challenge, response: Assertion }),
  z.object({ way: z.literal('password'), password: z.string().max(LIMITS.passwordMaxLength) }),
]);

const Passkey = z.object({
  id: idSchema('credential'),
  name: z.string(),
  /** Whether copies of it may be on other devices. */
  synced: z.boolean(),
  createdAt: Time,
  lastUsedAt: Time.optional(),
});

/** Somebody else who vouches for the person: a wallet, an identity provider. */
const LinkedIdentity = z.object({
  id: idSchema('identity'),
  method: z.string(),
  label: z.string(),
  createdAt: Time,
  lastUsedAt: Time,
});

const Security = z.object({
  hasPassword: z.boolean(),
  passkeys: z.array(Passkey),
  /** When the authenticator app was set up. */
  totp: z.object({ createdAt: Time }).optional(),
  /** How many are left. */
  recoveryCodes: z.number().int(),
  identities: z.array(LinkedIdentity),
  /** An address that waits to be confirmed. */
  newEmail: z.string().optional(),
});

const WayIn = z.object({ id: idSchema('connection'), name: z.string(), kind: z.enum(['oidc', 'saml', 'ldap']) });
const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
const InCredential = z.object({ credential: idSchema('credential') });

export const credentials = {
  start: endpoint({
    method: 'POST',
    path: '/v1/auth/start',
    summary: 'How somebody with this address may sign in; the answer depends on the domain and not on whether there is an account',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: [],
    body: z.object({ email: Email }),
    response: z.object({
      /** In the order to offer them. */
      ways: z.array(z.enum(['password', 'link'])),
      /** Identity providers of the organization that owns the domain. */
      connections: z.array(WayIn),
    }),
  }),
  requestLink: endpoint({
    method: 'POST',
    path: '/v1/auth/link/request',
    summary: 'Mail a link that signs in, or makes an account where sign-up is open; the answer is the same for known and unknown addresses',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.link_requested',
    failures: [],
    body: z.object({ email: Email, invitation: Token.optional() }),
  }),
  startPasskey: endpoint({
    method: 'POST',
    path: '/v1/auth/passkey/start',
    summary: 'What a browser needs to offer its passkeys for signing in',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['device_required', 'passkeys_need_name'],
    response: z.object({ challenge: Challenge, options: CeremonyOptions }),
  }),
  signInByPasskey: endpoint({
    method: 'POST',
    path: '/v1/auth/passkey',
    summary: 'Sign in with a passkey; it counts as two factors',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: ['device_required', 'challenge_invalid', 'passkey_refused', 'passkeys_need_name'],
    body: z.object({ challenge: Challenge, response: Assertion }),
    response: Account,
  }),
  startPasskeySignUp: endpoint({
    method: 'POST',
    path: '/v1/auth/passkey/sign-up/start',
    summary: 'What a browser needs to make the passkey of a new account',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['device_required', 'sign_up_closed', 'passkeys_need_name'],
    body: z.object({ name: Name, email: Email.optional(), organization: Name.optional(), invitation: Token.optional() }),
    response: z.object({ challenge: Challenge, options: CeremonyOptions }),
  }),
  signUpByPasskey: endpoint({
    method: 'POST',
    path: '/v1/auth/passkey/sign-up',
    summary: 'Make an account whose way in is a passkey, as `start` was asked for',
    access: 'public',
    rate: 'sign-in',
    audit: 'account.created',
    failures: [
      'device_required',
      'challenge_invalid',
      'passkey_refused',
      'passkeys_need_name',
      'sign_up_closed',
      'address_taken',
      'link_invalid',
    ],
    body: z.object({ challenge: Challenge, response: Registration }),
    response: Account,
  }),
  startSecondPasskey: endpoint({
    method: 'POST',
    path: '/v1/auth/second-factor/passkey',
    summary: 'What a browser needs to use a passkey as the second factor of a sign-in that was begun',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['device_required', 'challenge_invalid', 'passkeys_need_name'],
    body: z.object({ challenge: Challenge }),
    response: z.object({ options: CeremonyOptions }),
  }),
  secondFactor: endpoint({
    method: 'POST',
    path: '/v1/auth/second-factor',
    summary: 'Prove the second factor of a sign-in that was begun; after a wrong one, `details.challenge` is what to answer next',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: ['device_required', 'challenge_invalid', 'second_factor_wrong', 'passkeys_need_name'],
    body: z.object({ challenge: Challenge, proof: SecondProof }),
    response: Account,
  }),
  startStepUp: endpoint({
    method: 'POST',
    path: '/v1/auth/step-up/start',
    summary: 'How the signed-in person may prove again who they are',
    access: 'account',
    rate: 'write',
    audit: null,
    failures: [],
    response: z.object({
      ways: z.array(z.enum(['password', ...SECOND_FACTORS])),
      /** Present where there are passkeys and the address takes them. */
      passkey: z.object({ challenge: Challenge, options: CeremonyOptions }).optional(),
      /** The identity provider by which the session began, as long as people come in by it: signing in there again is a proof too. */
      connection: WayIn.optional(),
    }),
  }),
  stepUp: endpoint({
    method: 'POST',
    path: '/v1/auth/step-up',
    summary: 'Prove again who one is, for what asks for a sign-in of the last ten minutes',
    access: 'account',
    rate: 'sign-in',
    audit: 'session.stepped_up',
    failures: ['wrong_credentials', 'second_factor_wrong', 'challenge_invalid'],
    body: StepUpProof,
  }),
  security: endpoint({
    method: 'GET',
    path: '/v1/auth/security',
    summary: 'How the signed-in person signs in: password, passkeys, authenticator app, recovery codes, linked identities',
    access: 'account',
    rate: 'read',
    audit: null,
    failures: [],
    response: Security,
  }),
  startRegistration: endpoint({
    method: 'POST',
    path: '/v1/auth/passkeys/start',
    summary: 'What a browser needs to make another passkey',
    access: 'account',
    rate: 'write',
    audit: null,
    fresh: true,
    failures: ['passkeys_need_name', 'too_many'],
    response: z.object({ challenge: Challenge, options: CeremonyOptions }),
  }),
  addPasskey: endpoint({
    method: 'POST',
    path: '/v1/auth/passkeys',
    summary: 'Keep a passkey that the browser made',
    access: 'account',
    rate: 'write',
    audit: 'credential.added',
    fresh: true,
    failures: ['challenge_invalid', 'passkey_refused', 'passkeys_need_name', 'too_many'],
    body: z.object({ challenge: Challenge, response: Registration, name: Name }),
    response: Passkey,
  }),
  renamePasskey: endpoint({
    method: 'PATCH',
    path: '/v1/auth/passkeys/:credential',
    summary: 'Call a passkey something else',
    access: 'account',
    rate: 'write',
    audit: 'credential.changed',
    failures: ['not_found'],
    params: InCredential,
    body: z.object({ name: Name }),
    response: Passkey,
  }),
  removePasskey: endpoint({
    method: 'DELETE',
    path: '/v1/auth/passkeys/:credential',
    summary: 'Take a passkey away, but never the last way in',
    access: 'account',
    rate: 'write',
    audit: 'credential.removed',
    fresh: true,
    failures: ['not_found', 'last_way_in'],
    params: InCredential,
  }),
  startTotp: endpoint({
    method: 'POST',
    path: '/v1/auth/totp/start',
    summary: 'A secret for an authenticator app; it counts once a code of it was confirmed',
    access: 'account',
    rate: 'write',
    audit: null,
    fresh: true,
    failures: [],
    response: z.object({
      challenge: Challenge,
      /** Base 32, for typing. */
      secret: z.string(),
      /** For the QR code. */
      uri: z.string(),
    }),
  }),
  confirmTotp: endpoint({
    method: 'POST',
    path: '/v1/auth/totp',
    summary:
      'Use the authenticator app from now on, in place of an earlier one; the first time the answer holds recovery codes, which are shown once',
    access: 'account',
    rate: 'sign-in',
    audit: 'credential.added',
    fresh: true,
    failures: ['challenge_invalid', 'second_factor_wrong'],
    body: z.object({ challenge: Challenge, code: Code }),
    response: RecoveryCodes.partial(),
  }),
  removeTotp: endpoint({
    method: 'DELETE',
    path: '/v1/auth/totp',
    summary: 'Stop using the authenticator app',
    access: 'account',
    rate: 'write',
    audit: 'credential.removed',
    fresh: true,
    failures: ['not_found'],
  }),
  renewRecoveryCodes: endpoint({
    method: 'POST',
    path: '/v1/auth/recovery-codes',
    summary: 'Ten new recovery codes in place of all earlier ones; each works once',
    access: 'account',
    rate: 'write',
    audit: 'credential.renewed',
    fresh: true,
    failures: [],
    response: RecoveryCodes,
  }),
  unlink: endpoint({
    method: 'DELETE',
    path: '/v1/auth/identities/:identity',
    summary: 'Take a linked way in away, but never the last one',
    access: 'account',
    rate: 'write',
    audit: 'identity.unlinked',
    fresh: true,
    failures: ['not_found', 'last_way_in'],
    params: z.object({ identity: idSchema('identity') }),
  }),
  setPassword: endpoint({
    method: 'POST',
    path: '/v1/auth/password/set',
    summary: 'Set a password without naming the one before; ends all other sessions',
    access: 'account',
    rate: 'sign-in',
    audit: 'account.password_changed',
    fresh: true,
    failures: ['password_common'],
    body: z.object({ password: Password }),
  }),
  changeEmail: endpoint({
    method: 'POST',
    path: '/v1/auth/email',
    summary:
      'Use another address. Where mail is set it counts once a link to the new one was opened, and one to the old one where that is confirmed',
    access: 'account',
    rate: 'sign-in',
    audit: 'account.email_requested',
    fresh: true,
    failures: ['address_taken'],
    body: z.object({ email: Email }),
    response: Account,
  }),
  cancelEmail: endpoint({
    method: 'DELETE',
    path: '/v1/auth/email',
    summary: 'Keep the address: links for another one stop working',
    access: 'account',
    rate: 'write',
    audit: 'account.email_cancelled',
    failures: [],
  }),
  confirmEmail: endpoint({
    method: 'POST',
    path: '/v1/auth/email/confirm',
    summary: 'Confirm a change of address with a mailed link',
    access: 'public',
    rate: 'sign-in',
    audit: 'account.email_changed',
    failures: ['link_invalid', 'address_taken'],
    body: z.object({ token: Token }),
    response: z.object({
      /** Whether the address is changed now; else the other side has to be confirmed too. */
      changed: z.boolean(),
    }),
  }),
};
