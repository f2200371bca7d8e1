import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Mail } from '../../providers/mail/mailer.ts';
import { createLink } from './links.ts';
import type { User } from './store.ts';

type Ports = Pick<Context, 'mailer' | 'log' | 'keyring' | 'now' | 'origin'>;
type Text = (link: string) => Pick<Mail, 'subject' | 'text'>;

const IGNORE = 'If you did not ask for it, ignore this mail: nothing changes.';

/** Plain text, no tracking, the link on a line of its own. */
export const MAILS = {
  reset: (link) => ({
    subject: 'Reset your PrivexBot password',
    text: `Open this link within one hour to choose a new password:\n\n${link}\n\nIt works once. ${IGNORE}\n`,
  }),
  verify: (link) => ({
    subject: 'Confirm your address for PrivexBot',
    text: `Open this link within 24 hours to confirm that this address is yours:\n\n${link}\n\nIt works once. ${IGNORE}\n`,
  }),
  mailed: (link) => ({
    subject: 'Your link to sign in to PrivexBot',
    text: `Open this link within 15 minutes to sign in:\n\n${link}\n\nIt works once. Hand it to nobody: whoever opens it is you. ${IGNORE}\n`,
  }),
  signUp: (link) => ({
    subject: 'Your link to PrivexBot',
    text: `Open this link within 15 minutes to make your account:\n\n${link}\n\nIt works once. ${IGNORE}\n`,
  }),
  newEmail: (link) => ({
    subject: 'Confirm your new address for PrivexBot',
    text: `Open this link within 24 hours to use this address for your account:\n\n${link}\n\n${IGNORE}\n`,
  }),
  oldEmail: (link) => ({
    subject: 'Your address for PrivexBot is about to change',
    text: `Somebody who is signed in to your account asked to use another address for it. If it was you, open this link within 24 hours:\n\n${link}\n\nIf it was not you, do not open it: sign in, end the sessions you do not know, and change your password.\n`,
  }),
} as const satisfies Record<string, Text>;

/**
 * Sends a one-time link to the person's address. The link's origin is the configured one: a stranger's request must not choose
 * where the token goes.
 */
export function mailLink(ports: Ports, purpose: 'reset' | 'verify' | 'mailed', user: User): void {
  if (user.email === undefined) return;
  const { keyring, now, origin } = ports;
  mailTo(ports, user.email, MAILS[purpose](createLink(keyring, purpose, user, origin(), now())), user.id);
}

/** Nobody waits for the mail server; where there is none, or it fails, the answer is the same. */
export function mailTo({ mailer, log }: Ports, to: string, text: ReturnType<Text>, user?: UserId): void {
  mailer?.send({ to, ...text }).catch((error: unknown) => log.warn({ user, err: error }, 'mail was not taken'));
}
