import * as z from 'zod';
import { Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';
import { ROLES } from './permissions.ts';

export const Email = z.string().trim().max(254).pipe(z.email('Use an address like name@company.com.'));
export const Password = z
  .string()
  .min(LIMITS.passwordMinLength, `Use at least ${LIMITS.passwordMinLength} characters.`)
  .max(LIMITS.passwordMaxLength);
const Token = z.string().min(20).max(100);
/** Of a link that signs in; one that makes an account carries the address, sealed. */
const LinkToken = z.string().min(20).max(900);

/** An organization as one of its members sees it. */
export const Belonging = z.object({
  id: idSchema('org'),
  name: z.string(),
  role: z.enum(ROLES),
  /** Other than `active` nothing works there but what lifts that. */
  state: z.enum(['active', 'suspended', 'deleting']),
  /** Those the person may enter, with the role there, which may be narrower. */
  workspaces: z.array(z.object({ id: idSchema('workspace'), name: z.string(), role: z.enum(ROLES) })),
});

export const Account = z.object({
  id: idSchema('user'),
  /** Absent for people who signed up with a wallet and have added none. */
  email: z.string().optional(),
  name: z.string(),
  /** Whether the address was proven by a mailed link. Without a mail server addresses stay unverified. */
  emailVerified: z.boolean(),
  session: idSchema('session'),
  organizations: z.array(Belonging),
});

const Session = z.object({
  id: idSchema('session'),
  current: z.boolean(),
  /** What the device called itself, and the network address the server saw, at sign-in. */
  device: z.string(),
  address: z.string(),
  /** How it was begun, such as `password` or `passkey`. */
  method: z.string(),
  createdAt: Time,
  expiresAt: Time,
});

/** 32 bytes of a P-256 public key. */
const Coordinate = z.string().regex(/^[\w-]{43}$/, 'expected 32 bytes in base64url');
/** RFC 7518 §6.2.1, without private parts. */
const DeviceKey = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: Coordinate, y: Coordinate });

export const auth = {
  proveDevice: endpoint({
    method: 'POST',
    path: '/v1/auth/device',
    summary: 'Prove the key of this device to the sealed session that makes this call; sessions are bound to it',
    access: 'public',
    rate: 'write',
    audit: null,
    failures: ['device_refused'],
    body: z.object({
      key: DeviceKey,
      /** ES256 as r and s, over `privexbot device 1` and the 32 bytes that the session exports as `privexbot device`. */
      signature: z.string().regex(/^[\w-]{86}$/, 'expected 64 bytes in base64url'),
      /** What the device calls itself; shown to the person in the list of sessions. */
      name: z.string().max(200).optional(),
    }),
  }),
  options: endpoint({
    method: 'GET',
    path: '/v1/auth/options',
    summary: 'How people may sign in and sign up here',
    access: 'public',
    rate: 'read',
    audit: null,
    failures: [],
    response: z.object({
      signUp: z.enum(['open', 'first', 'invited']),
      /** Whether a sign-up without an invitation would be taken now. */
      signUpOpen: z.boolean(),
      mail: z.boolean(),
    }),
  }),
  signUp: endpoint({
    method: 'POST',
    path: '/v1/auth/sign-up',
    summary: 'Make an account, and with it an organization and a first workspace, or join one by invitation',
    access: 'public',
    rate: 'sign-in',
    audit: 'account.created',
    failures: ['device_required', 'address_taken', 'sign_up_closed', 'link_invalid', 'password_common'],
    body: z.object({
      email: Email,
      password: Password,
      name: Name.optional(),
      organization: Name.optional(),
      invitation: Token.optional(),
    }),
    response: Account,
  }),
  signIn: endpoint({
    method: 'POST',
    path: '/v1/auth/sign-in',
    summary: 'Sign in with address and password',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: ['device_required', 'wrong_credentials', 'new_password_required', 'second_factor_required'],
    body: z.object({
      email: Email,
      password: z.string().max(LIMITS.passwordMaxLength),
      /** Where an Admin gave the password for the first sign-in: one that nobody else knows. */
      newPassword: Password.optional(),
    }),
    response: Account,
  }),
  signInByLink: endpoint({
    method: 'POST',
    path: '/v1/auth/link',
    summary: 'Sign in with a one-time link',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: ['device_required', 'link_invalid', 'second_factor_required', 'sign_up_closed', 'address_taken'],
    body: z.object({ token: LinkToken }),
    response: Account,
  }),
  signOut: endpoint({
    method: 'POST',
    path: '/v1/auth/sign-out',
    summary: 'End the session that makes this call; says where the browser ends it at the person’s directory too',
    access: 'account',
    rate: 'write',
    audit: 'session.ended',
    failures: [],
    response: z.object({
      /** The session here has ended already. */
      directory: z.object({ name: z.string(), url: z.string() }).optional(),
    }),
  }),
  token: endpoint({
    method: 'POST',
    path: '/v1/auth/token',
    summary: 'A five-minute access token (JWT) that names the own device, for one organization or workspace where one is named',
    access: 'account',
    rate: 'write',
    audit: null,
    failures: ['not_found'],
    body: z
      .object({
        org: idSchema('org').optional(),
        workspace: idSchema('workspace').optional(),
        /** The service that the token is for (`aud`, RFC 7519 §4.1.3). It is then worth nothing here, nor at any other service. */
        audience: z
          .string()
          .regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 visible ASCII characters')
          .optional(),
      })
      .refine(({ org, workspace }) => org || !workspace, { message: 'name the organization of the workspace too', path: ['org'] }),
    response: z.object({ token: z.string(), expiresAt: Time }),
  }),
  tokenKeys: endpoint({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The keys that sign access tokens (RFC 7517)',
    access: 'public',
    rate: 'read',
    audit: null,
    plain: true,
    failures: [],
    response: z.object({
      keys: z.array(
        z.object({
          kty: z.literal('OKP'),
          crv: z.literal('Ed25519'),
          x: z.string(),
          kid: z.string(),
          alg: z.literal('EdDSA'),
          use: z.literal('sig'),
        }),
      ),
    }),
  }),
  me: endpoint({
    method: 'GET',
    path: '/v1/auth/me',
    summary: 'The signed-in person with organizations, roles and workspaces',
    access: 'account',
    rate: 'read',
    audit: null,
    failures: [],
    response: Account,
  }),
  rename: endpoint({
    method: 'PATCH',
    path: '/v1/auth/me',
    summary: 'Change the own name',
    access: 'account',
    rate: 'write',
    audit: 'account.changed',
    failures: [],
    body: z.object({ name: Name }),
    response: Account,
  }),
  changePassword: endpoint({
    method: 'POST',
    path: '/v1/auth/password',
    summary: 'Change the own password; ends all other sessions',
    access: 'account',
    rate: 'sign-in',
    audit: 'account.password_changed',
    failures: ['wrong_credentials', 'password_common'],
    body: z.object({ current: z.string().max(LIMITS.passwordMaxLength), password: Password }),
  }),
  sessions: endpoint({
    method: 'GET',
    path: '/v1/auth/sessions',
    summary: 'The own sessions',
    access: 'account',
    rate: 'read',
    audit: null,
    failures: [],
    response: z.array(Session),
  }),
  endSession: endpoint({
    method: 'DELETE',
    path: '/v1/auth/sessions/:session',
    summary: 'End one of the own sessions',
    access: 'account',
    rate: 'write',
    audit: 'session.ended',
    failures: ['not_found'],
    params: z.object({ session: idSchema('session') }),
  }),
  requestReset: endpoint({
    method: 'POST',
    path: '/v1/auth/reset/request',
    summary: 'Mail a link to reset the password; the answer is the same for unknown addresses',
    access: 'public',
    rate: 'sign-in',
    audit: 'account.reset_requested',
    failures: [],
    body: z.object({ email: Email }),
  }),
  completeReset: endpoint({
    method: 'POST',
    path: '/v1/auth/reset/complete',
    summary: 'Set a new password with a mailed link; ends all sessions',
    access: 'public',
    rate: 'sign-in',
    audit: 'account.password_changed',
    failures: ['link_invalid', 'password_common'],
    body: z.object({ token: Token, password: Password }),
  }),
  requestVerification: endpoint({
    method: 'POST',
    path: '/v1/auth/verify/request',
    summary: 'Mail a link that proves the own address',
    access: 'account',
    rate: 'sign-in',
    audit: 'account.verification_requested',
    failures: [],
  }),
  verifyEmail: endpoint({
    method: 'POST',
    path: '/v1/auth/verify/complete',
    summary: 'Prove the own address with a mailed link; who made the account with it must be who reads its mail',
    access: 'account',
    rate: 'sign-in',
    audit: 'account.verified',
    failures: ['link_invalid'],
    body: z.object({ token: Token }),
  }),
  describeInvitation: endpoint({
    method: 'POST',
    path: '/v1/auth/invitation/preview',
    summary: 'What the invitation in hand is for, before it is accepted; one that is unknown, used or expired is answered alike',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['link_invalid'],
    // A link that was cut off is unknown, too.
    body: z.object({ invitation: z.string().max(100) }),
    response: z.object({
      organization: z.string(),
      role: z.enum(ROLES),
      /** Absent where that person is gone. */
      invitedBy: z.string().optional(),
      expiresAt: Time,
    }),
  }),
  acceptInvitation: endpoint({
    method: 'POST',
    path: '/v1/auth/invitation',
    summary: 'Join another organization by invitation; the invited address must be the own one',
    access: 'account',
    rate: 'write',
    audit: 'member.joined',
    failures: ['link_invalid'],
    body: z.object({ invitation: Token }),
    response: Account,
  }),
};
