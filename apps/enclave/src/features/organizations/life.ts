// How an organization ends: suspended at once, deleted after seven days in which an Admin can take that back. Then its keys are
// destroyed with everything they open, and a signed receipt says so.
import { createPublicKey, sign } from 'node:crypto';
import {
  type OrganizationReceipt,
  type OrgId,
  organizationReceiptBytes,
  ROOT_KEY_SOURCES,
  type SignedOrganizationReceipt,
} from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Job } from '../../jobs/jobs.ts';
import { deleteServiceUser } from '../auth/index.ts';
import { countRows, deleteEverything, hasOrganization, insertReceipts, listDeleted, listUnsigned, signReceipts } from './life-store.ts';
import { isActingAdmin, listMemberships } from './memberships.ts';
import { findState, listDue } from './states.ts';
import { findOrganization } from './store.ts';

type Ports = Pick<Context, 'blobs' | 'db' | 'jobs' | 'keyring' | 'log' | 'now'>;

export const GRACE_MS = 7 * 24 * 60 * 60_000;
const SWEEP_EVERY_MS = 60_000;
/** For so long after a deletion, what was under way on any server is looked for. */
const LATE_MS = 60 * 60_000;

/** Starts the worker that deletes organizations, and looks every minute for those that are due. */
export async function openOrganizations(context: Ports): Promise<AsyncDisposable> {
  await context.jobs.work('delete-organization', 1, (job) => deleteOrganizationJob(context, job));
  const sweeping = setInterval(() => void sweepOrganizations(context).catch(() => undefined), SWEEP_EVERY_MS).unref();
  return { [Symbol.asyncDispose]: async () => clearInterval(sweeping) };
}

/**
 * Queues the deletion of organizations that are due; twice is once, since the row says whether there is anything to do. Of those that were
 * deleted lately it takes away what was written while they were: a job that was refused, say, is noted after the rows of the log are gone.
 */
export async function sweepOrganizations(ports: Ports): Promise<void> {
  const { db, jobs, now } = ports;
  const deleted = await db.transaction('environment', 'system', async (tx) => {
    for (const org of await listDue(tx, now())) await jobs.enqueue(tx, 'delete-organization', org, org);
    return listDeleted(tx, new Date(now().getTime() - LATE_MS));
  });
  for (const org of deleted) {
    const isGone = await db.transaction(org, 'system', async (tx) => {
      if (await hasOrganization(tx, org)) return false;
      await deleteEverything(tx, org);
      return true;
    });
    // Another server may have deleted it.
    if (isGone) forget(ports, org);
  }
}

/** Nobody opens anything of the organization on this server any more. */
function forget({ db, keyring }: Ports, org: OrgId): void {
  keyring.forgetOrganization(org);
  db.heads.forget(org);
  db.chains.forget(org);
}

/** Deletes an organization whose grace is over. Runs again after a kill at any moment, and goes on where it was. */
export async function deleteOrganizationJob(ports: Ports, { org }: Job): Promise<void> {
  const { blobs, db, keyring } = ports;
  if (await db.transaction(org, 'system', (tx) => hasOrganization(tx, org))) {
    if (!(await prepare(ports, org))) return;
    await db.transaction(org, 'system', (tx) => deleteEverything(tx, org));
  }
  forget(ports, org);
  await blobs.removeAll(org);
  await db.transaction('environment', 'system', async (tx) => {
    await tx.lock('users');
    const unsigned = await listUnsigned(keyring, tx, org);
    if (unsigned.length === 0) return;
    for (const program of new Set(unsigned.flatMap(({ programs }) => programs))) await deleteServiceUser(tx, program);
    await signReceipts(keyring, tx, unsigned, (draft) => signReceipt(ports, { ...draft, destroyedAt: ports.now().toISOString() }));
    tx.audit('organization.deleted', org, { receipts: unsigned.length });
  });
}

/** Notes what will be said in the receipt, for each Admin. @returns whether the organization is due */
async function prepare({ db, keyring, now }: Ports, org: OrgId): Promise<boolean> {
  const draft = await db.transaction(org, 'system', async (tx) => {
    const { state, endsAt } = await findState(keyring, tx, org);
    if (state !== 'deleting' || !endsAt || endsAt > now()) return undefined;
    const members = await listMemberships(keyring, tx, org);
    const admins = members.filter(isActingAdmin).map(({ user }) => user);
    const programs = members.filter(({ source }) => source === 'service').map(({ user }) => user);
    const counted = await countRows(tx, org);
    const name = (await findOrganization(keyring, tx, org))?.name ?? '';
    return { admins, programs, name, askedAt: new Date(endsAt.getTime() - GRACE_MS).toISOString(), ...counted };
  });
  if (!draft) return false;
  const { admins, programs, ...rest } = draft;
  await db.transaction('environment', 'system', (tx) => insertReceipts(keyring, tx, org, admins, { draft: rest, programs }, now()));
  return true;
}

function signReceipt(
  { keyring }: Ports,
  draft: Omit<OrganizationReceipt, 'v' | 'method' | 'source' | 'limits'>,
): SignedOrganizationReceipt {
  const { kind } = keyring.source;
  const receipt: OrganizationReceipt = {
    v: 1,
    method: 'organization-keys-destroyed',
    source: kind,
    ...draft,
    limits: [ROTATE, ROOT_KEY_SOURCES[kind].limit, COPIES],
  };
  const identity = keyring.signingKey('identity');
  const { x } = createPublicKey(identity).export({ format: 'jwk' });
  const signature = sign(null, organizationReceiptBytes(receipt), identity).toString('base64url');
  return { format: 'privexbot-organization-receipt-1', receipt, identity: x ?? '', signature };
}

const ROTATE =
  'The stored keys were deleted here. Copies of them in backups and in the database’s own log stay until the epoch key is rotated, which an Admin of the environment can start under Settings.';
const COPIES = 'What was sent elsewhere before, to people, models or other services, is out of reach. Accounts of people stay theirs.';
