import type { Mail } from '../../providers/mail/mailer.ts';

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
} as const satisfies Record<string, Text>;
