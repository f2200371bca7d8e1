import * as z from 'zod';
import { Account } from './auth.ts';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { Mapping, Provisioning } from './group-map.ts';
import { idSchema } from './ids.ts';
import { SsoCheckName } from './sso-checks.ts';
import { LdapSecrets, LdapSettings, SamlSecrets, SamlSettings } from './sso-directories.ts';
import { JwtSecrets, JwtSettings, OidcSecrets, OidcSettings } from './sso-kinds.ts';

/** What the guide of a connection is written for; the kind is what it speaks. */
export const SSO_PRODUCTS = ['okta', 'entra', 'ping', 'keycloak', 'google', 'generic'] as const;
export type SsoProduct = (typeof SSO_PRODUCTS)[number];
/** A draft signs nobody in; it becomes active after a test of its present settings passed. */
export const CONNECTION_STATES = ['draft', 'tested', 'active'] as const;

/** Whose certificate ends: that by which we know the directory, or by which it knows us. */
export const CERTIFICATE_OWNERS = ['directory', 'own'] as const;
export type CertificateOwner = (typeof CERTIFICATE_OWNERS)[number];
/** How many days before a certificate ends Admins are told. */
export const CERTIFICATE_WARNING_DAYS = [30, 7, 1] as const;

const InConnection = InOrg.extend({ connection: idSchema('connection') });
/** SHA-256 of the certificate. */
const KeyId = z.string().regex(/^[0-9a-f]{64}$/);
const OwnKeys = z.array(z.object({ id: KeyId, certificate: z.string(), from: Time, expiresAt: Time }));
const InOwnKey = InConnection.extend({ ownKey: KeyId });
export const CheckView = z.object({
  name: SsoCheckName,
  passed: z.boolean(),
  expected: z.string().optional(),
  found: z.string().optional(),
});

/** Settings and secrets of each kind of connection. */
export const CONNECTION_KINDS = {
  oidc: { settings: OidcSettings, secrets: OidcSecrets },
  saml: { settings: SamlSettings, secrets: SamlSecrets },
  ldap: { settings: LdapSettings, secrets: LdapSecrets },
  jwt: { settings: JwtSettings, secrets: JwtSecrets },
} as const;
export type ConnectionKind = keyof typeof CONNECTION_KINDS;

const common = { name: Name, product: z.enum(SSO_PRODUCTS).default('generic'), provisioning: Provisioning.prefault({}) };
export const NewConnection = z.discriminatedUnion('kind', [
  z.object({ ...common, kind: z.literal('oidc'), settings: OidcSettings, secrets: OidcSecrets.prefault({}) }),
  z.object({ ...common, kind: z.literal('saml'), settings: SamlSettings, secrets: SamlSecrets.prefault({}) }),
  z.object({ ...common, kind: z.literal('ldap'), settings: LdapSettings, secrets: LdapSecrets }),
  z.object({ ...common, kind: z.literal('jwt'), settings: JwtSettings, secrets: JwtSecrets.prefault({}) }),
]);
export type NewConnection = z.output<typeof NewConnection>;

/** Settings are replaced as a whole. Secrets that are left out stay, an empty one is removed. */
export const ChangedProtocol = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('oidc'), settings: OidcSettings.optional(), secrets: OidcSecrets.partial().optional() }),
  z.object({ kind: z.literal('saml'), settings: SamlSettings.optional(), secrets: SamlSecrets.partial().optional() }),
  z.object({ kind: z.literal('ldap'), settings: LdapSettings.optional(), secrets: LdapSecrets.partial().optional() }),
  z.object({ kind: z.literal('jwt'), settings: JwtSettings.optional(), secrets: JwtSecrets.partial().optional() }),
]);

export type ChangedProtocol = z.output<typeof ChangedProtocol>;

const described = {
  id: idSchema('connection'),
  name: z.string(),
  product: z.enum(SSO_PRODUCTS),
  state: z.enum(CONNECTION_STATES),
  /** Last four characters of each secret that is set. */
  secretEndings: z.record(z.string(), z.string()),
  /** What the directory has to be told about us. */
  addresses: z.object({
    callback: z.string(),
    acs: z.string(),
    metadata: z.string(),
    slo: z.string(),
    backchannelLogout: z.string(),
    signedOut: z.string(),
    start: z.string(),
  }),
  /** Ours, where the directory knows us by key pairs: the first signs, and what it encrypts for any of them opens. */
  ownKeys: OwnKeys.optional(),
  createdAt: Time,
  testedAt: Time.optional(),
  /** When the first certificate of the directory ends that is still good. */
  expiresAt: Time.optional(),
  /** When the certificate ends by which the directory knows us. */
  ownExpiresAt: Time.optional(),
};
/** A connection with its settings, and what a view shows besides. */
export function connectionWith<const More extends z.ZodRawShape>(more: More) {
  return z.discriminatedUnion('kind', [
    z.object({ ...described, ...more, kind: z.literal('oidc'), settings: OidcSettings }),
    z.object({ ...described, ...more, kind: z.literal('saml'), settings: SamlSettings }),
    z.object({ ...described, ...more, kind: z.literal('ldap'), settings: LdapSettings }),
    z.object({ ...described, ...more, kind: z.literal('jwt'), settings: JwtSettings }),
  ]);
}
const Connection = connectionWith({ provisioning: Provisioning });
export type SsoConnection = z.output<typeof Connection>;

export const Attempt = z.object({
  id: idSchema('attempt'),
  at: Time,
  outcome: z.enum(['signed_in', 'refused', 'test_passed', 'test_failed']),
  /** Whose account it led to. */
  user: idSchema('user').optional(),
  person: z.string().optional(),
  /** In order, up to the one that failed. */
  checks: z.array(CheckView),
  claims: z.record(z.string(), z.array(z.string())),
  mapping: Mapping.optional(),
});
export type Attempt = z.output<typeof Attempt>;

/** What came of looking people up again. */
export const DirectorySync = z.object({
  at: Time,
  /** Who came by the connection. */
  people: z.number().int(),
  /** Whose role changed. */
  changed: z.number().int(),
  suspended: z.number().int(),
  reactivated: z.number().int(),
  /** The check that failed, or that most people would have been suspended: then nothing was changed. */
  problem: z.union([SsoCheckName, z.literal('too_many')]).optional(),
});
export type DirectorySync = z.output<typeof DirectorySync>;

/** What is tested with, only for directories that are asked directly. */
export const DirectTest = z.object({
  name: z.string().max(254).optional(),
  password: z.string().max(200).optional(),
  token: z.string().max(8_192).optional(),
});

const refused = ['not_found', 'not_allowed'] as const;
const notSignedIn = ['device_required', 'not_found', 'identity_refused', 'directory_unreachable', 'second_factor_required'] as const;

export const sso = {
  describe: endpoint({
    method: 'GET',
    path: '/v1/auth/sso/connections/:connection',
    summary: 'The name and kind of a connection by which people may sign in now',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['not_found'],
    params: z.object({ connection: idSchema('connection') }),
    response: z.object({ id: idSchema('connection'), name: z.string(), kind: z.enum(['oidc', 'saml', 'ldap']) }),
  }),
  start: endpoint({
    method: 'POST',
    path: '/v1/auth/sso/start',
    summary: 'Begin a sign-in at the directory of a connection; only this device can complete it',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['device_required', 'not_found', 'directory_unreachable'],
    body: z.object({
      connection: idSchema('connection'),
      loginHint: z.string().max(254).optional(),
      /** Whether the directory is to ask the person anew, however long they have been signed in there. */
      fresh: z.boolean().optional(),
    }),
    response: z.discriminatedUnion('way', [
      z.object({ way: z.literal('redirect'), name: z.string(), url: z.string() }),
      z.object({ way: z.literal('password'), name: z.string() }),
      z.object({ way: z.literal('token'), name: z.string() }),
    ]),
  }),
  complete: endpoint({
    method: 'POST',
    path: '/v1/auth/sso/complete',
    summary: 'Complete a sign-in, or a test, with what the directory answered',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: [...notSignedIn, 'challenge_invalid', 'link_invalid'],
    body: z.object({ challenge: z.string().regex(/^[\w-]{43}$/) }),
    response: z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('signed_in'), account: Account }),
      /** Whoever tests by a link to set the connection up learns neither the organization nor what its rules gave. */
      z.object({ outcome: z.literal('tested'), org: idSchema('org').optional(), connection: idSchema('connection'), attempt: Attempt }),
    ]),
  }),
  signIn: endpoint({
    method: 'POST',
    path: '/v1/auth/sso/password',
    summary: 'Sign in with a name and password of a directory',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: notSignedIn,
    body: z.object({ connection: idSchema('connection'), name: z.string().min(1).max(254), password: z.string().max(200) }),
    response: Account,
  }),
  exchange: endpoint({
    method: 'POST',
    path: '/v1/auth/sso/token',
    summary: 'Sign in with a token of an issuer that the organization trusts',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: notSignedIn,
    body: z.object({ connection: idSchema('connection'), token: z.string().min(1).max(8_192) }),
    response: Account,
  }),
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections',
    summary: 'Connections to directories by which members sign in',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InOrg,
    response: z.array(Connection),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections',
    summary: 'Add a connection; it signs nobody in until it was tested and made active',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.created',
    fresh: true,
    failures: [...refused, 'private_address'],
    params: InOrg,
    body: NewConnection,
    response: Connection,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections/:connection',
    summary: 'A connection; secrets are never shown',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InConnection,
    response: Connection,
  }),
  change: endpoint({
    method: 'PATCH',
    path: '/v1/organizations/:org/sso/connections/:connection',
    summary: 'Change name, roles by group, or settings; with other settings it has to be tested again',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.changed',
    fresh: true,
    failures: [...refused, 'private_address', 'last_connection'],
    params: InConnection,
    body: z.object({ name: Name.optional(), provisioning: Provisioning.optional(), protocol: ChangedProtocol.optional() }),
    response: Connection,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/sso/connections/:connection',
    summary: 'Remove a connection; ends the sessions that began by it',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.removed',
    fresh: true,
    failures: [...refused, 'last_connection'],
    params: InConnection,
  }),
  probe: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/probe',
    summary: 'Check everything that can be checked without a person signing in',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.probed',
    failures: refused,
    params: InConnection,
    response: z.array(CheckView),
  }),
  test: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/test',
    summary: 'Sign in at the directory to see what it says, without signing in here',
    access: 'people.manage',
    rate: 'sign-in',
    audit: 'connection.tested',
    failures: [...refused, 'device_required', 'directory_unreachable'],
    params: InConnection,
    body: DirectTest,
    response: z.union([z.object({ url: z.string() }), z.object({ attempt: Attempt })]),
  }),
  activate: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/activate',
    summary: 'Let people sign in by a connection whose present settings passed a test',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.activated',
    fresh: true,
    failures: [...refused, 'test_first', 'conflict'],
    params: InConnection,
    /** The test that was looked at: settings that were changed and tested since are not made active. */
    query: z.object({ testedAt: Time.optional() }),
    response: Connection,
  }),
  deactivate: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/deactivate',
    summary: 'Let nobody sign in by a connection any more; sessions that began by it end',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.deactivated',
    fresh: true,
    failures: [...refused, 'last_connection'],
    params: InConnection,
    response: Connection,
  }),
  addKey: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/keys',
    summary:
      'Make a new key pair of ours beside the one in use: it is in the metadata, opens what is encrypted for it, and signs nothing yet',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.key_added',
    fresh: true,
    failures: refused,
    params: InConnection,
    response: OwnKeys,
  }),
  switchKey: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/keys/:ownKey/use',
    summary: 'Sign requests with this key pair of ours from now on; the other one stays to open what is encrypted for it',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.key_switched',
    fresh: true,
    failures: refused,
    params: InOwnKey,
    response: OwnKeys,
  }),
  removeKey: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/sso/connections/:connection/keys/:ownKey',
    summary: 'Remove the key pair of ours that is not in use; what is encrypted for it opens no more',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.key_removed',
    fresh: true,
    failures: refused,
    params: InOwnKey,
    response: OwnKeys,
  }),
  sync: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/sync',
    summary: 'Look everybody up again who came by a directory that can be asked; done each hour by itself',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.sync_asked',
    failures: refused,
    params: InConnection,
  }),
  lastSync: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections/:connection/sync',
    summary: 'What came of looking people up again the last time',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InConnection,
    response: z.object({ sync: DirectorySync.optional() }),
  }),
  attempts: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections/:connection/attempts',
    summary: 'The last sign-ins and tests by a connection, newest first, each with the check that failed',
    access: 'people.manage',
    rate: 'read',
    audit: 'connection.attempts_read',
    failures: refused,
    params: InConnection,
    response: z.array(Attempt),
  }),
  lastSignIn: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/people/:user',
    summary: 'What a member’s last sign-in by a connection brought: claims, what the groups gave, role',
    access: 'people.manage',
    rate: 'read',
    audit: 'connection.attempts_read',
    failures: refused,
    params: InOrg.extend({ user: idSchema('user') }),
    /** Nothing for members who never came by a connection. */
    response: z.object({ attempt: Attempt.optional() }),
  }),
  preview: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/preview',
    summary: 'What groups would give by rules that are not stored yet',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InOrg,
    body: z.object({ groups: z.array(z.string().max(300)).max(1_000), provisioning: Provisioning }),
    response: Mapping,
  }),
};
