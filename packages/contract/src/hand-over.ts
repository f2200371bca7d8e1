// The set-up of one connection in the hands of whoever runs the directory, by a link: for one device, for a day, and for nothing else.
import * as z from 'zod';
import { InOrg, Time } from './common.ts';
import { DomainView } from './domains.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { Attempt, ChangedProtocol, CheckView, connectionWith, DirectTest } from './sso.ts';

/** `used`: a device opened it and may go on. `ended`: revoked, or the connection was made active. */
export const HAND_OVER_STATES = ['open', 'used', 'expired', 'ended'] as const;

const InConnection = InOrg.extend({ connection: idSchema('connection') });
const AtConnection = z.object({ connection: idSchema('connection') });

const HandOver = z.object({
  state: z.enum(HAND_OVER_STATES),
  createdAt: Time,
  expiresAt: Time,
  openedAt: Time.optional(),
  /** What the device calls itself. */
  device: z.string().optional(),
  /** When settings were last changed by it. */
  changedAt: Time.optional(),
});

/** A test's result for whoever took it: what rules make of it is the Admins' business. */
const OwnAttempt = Attempt.pick({ id: true, at: true, outcome: true, checks: true, claims: true });

const SetUp = connectionWith({
  /** When the link ends. */
  endsAt: Time,
  domains: z.array(DomainView),
  /** The last test by the link. */
  lastTest: OwnAttempt.optional(),
});

const closed = ['device_required', 'link_invalid'] as const;
const refused = ['not_found', 'not_allowed'] as const;

export const handOver = {
  create: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/sso/connections/:connection/hand-over',
    summary: 'Make a link by which somebody without an account sets a connection up that is not in use; an older one ends',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.handed_over',
    fresh: true,
    failures: refused,
    params: InConnection,
    /** The link is in this answer and nowhere else. */
    response: z.object({ link: z.string(), expiresAt: Time }),
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/sso/connections/:connection/hand-over',
    summary: 'Whether the set-up of a connection was handed over, and what became of the link',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InConnection,
    response: z.object({ handOver: HandOver.optional() }),
  }),
  revoke: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/sso/connections/:connection/hand-over',
    summary: 'End the link of a connection at once, also for the device that opened it',
    access: 'people.manage',
    rate: 'write',
    audit: 'connection.hand_over_revoked',
    failures: refused,
    params: InConnection,
  }),
  open: endpoint({
    method: 'POST',
    path: '/v1/set-up/open',
    summary: 'Open a link to set a connection up, once: from then on it is for this device alone',
    access: 'public',
    rate: 'sign-in',
    audit: 'connection.hand_over_opened',
    failures: closed,
    body: z.strictObject({ token: z.string().max(200) }),
    response: AtConnection,
  }),
  read: endpoint({
    method: 'GET',
    path: '/v1/set-up/:connection',
    summary: 'Settings of the connection that was handed over to this device, and what its directory has to be told',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: [...closed, 'not_found'],
    params: AtConnection,
    response: SetUp,
  }),
  change: endpoint({
    method: 'PATCH',
    path: '/v1/set-up/:connection',
    summary: 'Change settings and secrets of the connection that was handed over to this device, and nothing else of it',
    access: 'public',
    rate: 'challenge',
    audit: 'connection.changed',
    failures: [...closed, 'not_found', 'private_address', 'conflict'],
    params: AtConnection,
    body: z.strictObject({ protocol: ChangedProtocol }),
    response: SetUp,
  }),
  probe: endpoint({
    method: 'POST',
    path: '/v1/set-up/:connection/probe',
    summary: 'Check everything that can be checked without a person signing in',
    access: 'public',
    rate: 'challenge',
    audit: 'connection.probed',
    failures: [...closed, 'not_found'],
    params: AtConnection,
    response: z.array(CheckView),
  }),
  test: endpoint({
    method: 'POST',
    path: '/v1/set-up/:connection/test',
    summary: 'Sign in at the directory to see what it says, without signing in here',
    access: 'public',
    rate: 'sign-in',
    audit: 'connection.tested',
    failures: [...closed, 'not_found', 'directory_unreachable'],
    params: AtConnection,
    body: DirectTest,
    response: z.union([z.object({ url: z.string() }), z.object({ attempt: OwnAttempt })]),
  }),
  checkDomain: endpoint({
    method: 'POST',
    path: '/v1/set-up/:connection/domains/:domain/verify',
    summary: 'Look for the record of one of the organization’s domains now',
    access: 'public',
    rate: 'challenge',
    audit: 'domain.checked',
    failures: [...closed, 'not_found'],
    params: AtConnection.extend({ domain: idSchema('domain') }),
    response: DomainView,
  }),
};
