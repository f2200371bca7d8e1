/**
 * Mails to a person that a way into the account changed. A job of its own carries each, sealed, since the address it goes to may
 * be the one before: it is queued with the change, tried again until it was taken, and nobody waits for it.
 */
import { deviceName, idSchema, type SessionId, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Job } from '../../jobs/jobs.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';
import type { Mail } from '../../providers/mail/mailer.ts';
import { findUser, listSessions, type Tx } from './store.ts';

type Ports = Pick<Context, 'jobs' | 'keyring' | 'mailer' | 'now'>;

/** What changed, in the words of the mail's subject. */
const CHANGES = {
  password: 'Your password was changed',
  passwordByAdmin: 'Your password was replaced by an Admin',
  passkeyAdded: 'A passkey was added',
  passkeyRemoved: 'A passkey was removed',
  appAdded: 'An authenticator app was set up',
  appRemoved: 'The authenticator app was removed',
  recoveryCodes: 'New recovery codes were made, and the ones before stopped working',
  email: 'Your address was changed',
  linked: 'A wallet or identity provider was linked',
  unlinked: 'A wallet or identity provider was unlinked',
} as const;
export type Change = keyof typeof CHANGES;

interface Notice {
  readonly to: string;
  readonly change: Change;
  /** ISO 8601. */
  readonly at: string;
  readonly from: string;
}

/** How it was done: in a session of the person, or otherwise. */
type From = SessionId | 'link' | 'admin' | 'sign-in';

const FROM: Readonly<Record<Exclude<From, SessionId>, string>> = {
  link: 'a link that was mailed to you',
  admin: 'an Admin of your organization',
  'sign-in': 'a sign-in',
};

function placeOf(user: UserId): Place {
  return { table: 'notices', realm: 'environment', id: user, version: 1 };
}

/**
 * Queues the mail with the transaction. Addresses that nobody proved get none: they may be a stranger's.
 * @param before an earlier address of the person, which is told too
 */
export async function notify(ports: Ports, tx: Tx, id: UserId, change: Change, by: From, before?: string): Promise<void> {
  const { jobs, keyring, mailer, now } = ports;
  if (!mailer) return;
  const user = await findUser(keyring, tx, { id });
  if (!user) return;
  const from = by in FROM ? FROM[by as keyof typeof FROM] : await describeSession(ports, tx, id, by as SessionId);
  const addresses = new Set([before, user.emailVerified ? user.email : undefined]);
  for (const to of addresses) {
    if (to === undefined) continue;
    const notice: Notice = { to, change, at: now().toISOString(), from };
    const sealed = sealValue(keyring.environment, placeOf(id), notice);
    await jobs.enqueue(tx, 'notify-person', `${id} ${Buffer.from(sealed).toString('base64url')}`);
  }
}

async function describeSession({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, user: UserId, id: SessionId): Promise<string> {
  const session = (await listSessions(keyring, tx, user)).find((one) => one.id === id);
  // What a device calls itself may be anything; it must not read as a part of the mail.
  const name = deviceName(session?.device ?? '')?.replace(/[^\w .·()-]/g, ' ');
  return name ? `${name.slice(0, 60)}` : 'a device that does not say what it is';
}

/** Sends what is queued, where there is a mail server. */
export async function openNotices(ports: Ports): Promise<void> {
  if (ports.mailer) await ports.jobs.work('notify-person', 1, (job) => send(ports, job));
}

async function send({ keyring, mailer }: Ports, { id }: Job): Promise<void> {
  const [name, sealed = ''] = id.split(' ');
  const user = idSchema('user').safeParse(name);
  if (!mailer || !user.success) return;
  await mailer.send(toMail(openValue<Notice>(keyring.environment, placeOf(user.data), Buffer.from(sealed, 'base64url'))));
}

/** Without a link: whoever looks for the account opens it as always, and learns to trust no mail. */
function toMail({ to, change, at, from }: Notice): Mail {
  const what = CHANGES[change];
  return {
    to,
    subject: `PrivexBot: ${what.charAt(0).toLowerCase()}${what.slice(1)}`,
    text: `${what}.

When: ${at.slice(0, 16).replace('T', ' ')} UTC
From: ${from}

If it was you, there is nothing to do.

If it was not you: open PrivexBot as you always do, not by a link in a mail. Under Account, end all other sessions, set a new password and remove what you do not know. If you cannot sign in, ask for a new password there. Then tell an Admin of your organization.
`,
  };
}
