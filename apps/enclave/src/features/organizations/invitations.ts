import type { Role } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { randomBytes } from '../../random.ts';
import { findUsersByEmail } from '../auth/index.ts';
import { listMemberships } from './memberships.ts';
import { deleteInvitation, findOrganization, type Invitation, insertInvitation, listInvitations } from './store.ts';

const INVITATION_TTL_MS = 7 * 24 * 60 * 60_000;
type Ports = Pick<Context, 'db' | 'keyring' | 'limiter' | 'mailer' | 'log' | 'now' | 'newId'>;

/**
 * Invites people, each by a link of its own; a new invitation takes the place of an older one to the same address. Where mail is set
 * the link goes nowhere else, so that whoever opens it reads that address' mail. @returns who was invited, and who is a member already
 */
export async function invite(
  { db, keyring, limiter, mailer, log, now, newId }: Ports,
  { org, user, origin, transaction }: OrgScope,
  emails: readonly string[],
  role: Role,
) {
  const same = (email: string) => email.trim().normalize('NFKC').toLowerCase();
  const wanted = [...new Map(emails.map((email) => [same(email), email])).values()];
  // Anybody may found an organization: it must not mail without end to whoever it likes.
  if (mailer) for (const _ of wanted) limiter.take('invitation', user);
  const known = await findUsersByEmail(db, wanted);
  const createdAt = now();
  const expiresAt = new Date(createdAt.getTime() + INVITATION_TTL_MS);
  const { name, made, members } = await transaction(async (tx) => {
    await tx.lock('invitations');
    const organization = await findOrganization(keyring, tx, org);
    if (!organization) throw new AppError('not_found');
    const inside = new Set((await listMemberships(keyring, tx, org, [...known.values()])).map(({ user }) => user));
    const isMember = (email: string) => {
      const user = known.get(email);
      return user !== undefined && inside.has(user);
    };
    const addressed = new Set(wanted.map(same));
    for (const old of await listInvitations(keyring, tx, org)) if (addressed.has(same(old.email))) await deleteInvitation(tx, org, old.id);
    const made: { invitation: Invitation; token: string }[] = [];
    for (const email of wanted.filter((one) => !isMember(one))) {
      const token = randomBytes(32).toString('base64url');
      const invitation = {
        id: newId('invitation'),
        org,
        email,
        role,
        mailed: mailer !== undefined,
        invitedBy: user,
        createdAt,
        expiresAt,
      };
      await insertInvitation(keyring, tx, invitation, token);
      tx.audit('invitation.created', invitation.id, { role });
      made.push({ invitation, token });
    }
    return { name: organization.name, made, members: wanted.filter(isMember) };
  });
  const invited = made.map(({ invitation, token }) => {
    const link = `${origin}/invitation#${token}`;
    mailer
      ?.send({
        to: invitation.email,
        subject: `You are invited to ${name} on PrivexBot`,
        text: `Open this link within seven days to join ${name}:\n\n${link}\n\nIt works once. If you do not know ${name}, ignore this mail.\n`,
      })
      .catch((error: unknown) => log.warn({ invitation: invitation.id, err: error }, 'mail was not taken'));
    return { ...toInvitation(invitation, createdAt), link: mailer ? '' : link };
  });
  return { invited, members };
}

export function toInvitation({ id, email, role, createdAt, expiresAt }: Invitation, at: Date) {
  const state = expiresAt > at ? ('open' as const) : ('expired' as const);
  return { id, email, role, state, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
