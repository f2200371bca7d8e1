/**
 * Tells Admins in time that a certificate of a connection in use ends. The connection's row says what was warned of, so that
 * of several servers one warns, once for each threshold; a mail is a job of its own, tried again until it was taken.
 */
import {
  CERTIFICATE_OWNERS,
  CERTIFICATE_WARNING_DAYS,
  type CertificateOwner,
  type ConnectionId,
  idSchema,
  type OrgId,
} from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Job } from '../../jobs/jobs.ts';
import { findPeople } from '../auth/index.ts';
import { findMembership, isActingAdmin, isClosed, listMemberships } from '../organizations/index.ts';
import { changeConnection, findConnection, listActive, type StoredConnection, type Warning } from './store.ts';
import { endsOf, type Strategies } from './strategies.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'jobs' | 'mailer' | 'now' | 'origin' | 'log'> & { readonly strategies: Strategies };

const SWEEP_MS = 30 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export async function openCertificateWarnings(ports: Ports): Promise<Disposable> {
  await ports.jobs.work('warn-admin', 1, (job) => mailWarning(ports, job));
  const sweep = () => void sweepCertificates(ports).catch((err: unknown) => ports.log.warn({ err }, 'certificates were not looked at'));
  const timer = setInterval(sweep, SWEEP_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

export async function sweepCertificates(ports: Ports): Promise<void> {
  const { db, strategies, log } = ports;
  const kinds = (Object.keys(strategies) as (keyof Strategies)[]).filter((kind) => strategies[kind].expiresAt);
  const active = await db.transaction('environment', 'system', (tx) => listActive(tx, kinds));
  for (const { id, org } of active)
    await warn(ports, org, id).catch((err: unknown) => log.warn({ connection: id, err }, 'certificates were not looked at'));
}

async function warn(ports: Ports, org: OrgId, id: ConnectionId): Promise<void> {
  const { db, keyring, jobs, mailer } = ports;
  if (await isClosed(db, org)) return;
  const connection = await db.transaction(org, 'system', (tx) => findConnection(keyring, tx, org, id));
  if (!connection || newWarnings(ports, connection).length === 0) return;
  await db.transaction(org, 'system', async (tx) => {
    await tx.lock('connections', org);
    const latest = await findConnection(keyring, tx, org, id);
    const due = latest ? newWarnings(ports, latest) : [];
    if (due.length === 0) return;
    await changeConnection(keyring, tx, org, id, ({ warned }) => ({ warned: { ...warned, ...Object.fromEntries(due) } }));
    for (const [of, { days, endsAt }] of due) tx.audit('connection.certificate_ends', id, { of, days, at: endsAt });
    if (!mailer) return;
    for (const { user } of (await listMemberships(keyring, tx, org)).filter(isActingAdmin))
      await jobs.enqueue(tx, 'warn-admin', `${id} ${user}`);
  });
}

/** Thresholds that were passed since the last warning. */
function newWarnings(ports: Ports, connection: StoredConnection): [CertificateOwner, Warning][] {
  return warningsOf(ports, connection).filter(([of, { endsAt, days }]) => {
    const last = connection.warned?.[of];
    return last?.endsAt !== endsAt || last.days > days;
  });
}

/** Of a connection in use: its certificates that end within the widest threshold, each with the narrowest one it has passed. */
function warningsOf({ strategies, origin, now }: Ports, connection: StoredConnection): [CertificateOwner, Warning][] {
  if (connection.state !== 'active') return [];
  const ends = endsOf(strategies, connection, origin());
  return CERTIFICATE_OWNERS.flatMap((of): [CertificateOwner, Warning][] => {
    const end = ends[of];
    if (!end || end <= now()) return [];
    const days = CERTIFICATE_WARNING_DAYS.findLast((threshold) => end.getTime() - now().getTime() <= threshold * DAY_MS);
    return days === undefined ? [] : [[of, { endsAt: end.toISOString(), days }]];
  });
}

/** Says nothing where the certificate was replaced meanwhile, or the person is no Admin any more. */
async function mailWarning(ports: Ports, { org, id: names }: Job): Promise<void> {
  const { db, keyring, mailer, origin } = ports;
  const [connectionName, userName] = names.split(' ');
  const id = idSchema('connection').safeParse(connectionName);
  const user = idSchema('user').safeParse(userName);
  if (!mailer || !id.success || !user.success) return;
  const connection = await db.transaction(org, 'system', async (tx) => {
    const membership = await findMembership(keyring, tx, org, user.data);
    return membership && isActingAdmin(membership) ? findConnection(keyring, tx, org, id.data) : undefined;
  });
  const warnings = connection ? warningsOf(ports, connection) : [];
  const email = (await findPeople(db, [user.data])).get(user.data)?.email;
  if (!connection || warnings.length === 0 || !email) return;
  const { name } = connection;
  const link = `${origin()}/o/${org}/sign-in?connection=${connection.id}`;
  const said = warnings.map(([of, { endsAt }]) => TEXTS[of](name, `${endsAt.slice(0, 16).replace('T', ' ')} UTC`));
  await mailer.send({
    to: email,
    subject: `A certificate of ${name} ends soon`,
    text: `${said.join('\n\n')}\n\nThe connection, and what to do:\n\n${link}\n`,
  });
}

const TEXTS: Readonly<Record<CertificateOwner, (name: string, at: string) => string>> = {
  directory: (name, at) =>
    `The certificate by which we know ${name} ends on ${at}. From then on people may not get in by it. Enter the new certificate before.`,
  own: (name, at) =>
    `The certificate by which ${name} knows us ends on ${at}. From then on it may refuse our requests, and people may not get in by it. Make a new one, and load our metadata there again.`,
};
