import type { SessionId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { PublicScope } from '../../http/scope.ts';
import { acceptInvitation, createOrganization } from '../organizations/index.ts';
import { startSession } from './sessions.ts';
import { findUser, hasUsers, insertUser, type Tx, type User } from './store.ts';
import { emailIndex } from './strategies/email.ts';

type Ports = Pick<Context, 'config' | 'db' | 'keyring' | 'now' | 'newId'>;

interface Wish {
  readonly email: string;
  readonly name?: string | undefined;
  readonly organization?: string | undefined;
  /** Token of an invitation. */
  readonly invitation?: string | undefined;
}

/**
 * Makes the person and the first session, and an organization with a workspace, or a membership by invitation: all or
 * nothing of it.
 */
export async function signUp(
  context: Ports,
  scope: PublicScope,
  wish: Wish,
  password: string,
): Promise<{ user: User; session: SessionId }> {
  const { db, keyring, now, newId } = context;
  const { email, invitation } = wish;
  const index = emailIndex(keyring, email);
  const id = newId('user');
  const profile = { email, name: wish.name ?? before(email), emailVerified: false, password, links: 0 };
  return db.transaction('environment', id, async (tx) => {
    await tx.lock('users');
    if (!invitation) await requireOpen(context, tx);
    if (await findUser(keyring, tx, { email: index })) throw new AppError('address_taken');
    await insertUser(keyring, tx, id, index, profile, now());
    tx.audit('account.created', id);
    if (invitation) await acceptInvitation(context, tx, invitation, { id, isAddress: isSameAddress(context, email) });
    else await createOrganization(context, tx, wish.organization ?? after(email), id);
    return { user: { id, ...profile }, session: await startSession(context, tx, id, scope) };
  });
}

/** Whether anybody may sign up at this moment. */
export async function isSignUpOpen({ config, db }: Pick<Context, 'config' | 'db'>): Promise<boolean> {
  return db.transaction('environment', 'visitor', (tx) => isOpen(config.signUp, tx));
}

/** Tells whether another address is the same person's. */
export function isSameAddress({ keyring }: Pick<Context, 'keyring'>, email: string): (other: string) => boolean {
  const index = Buffer.from(emailIndex(keyring, email));
  return (other) => index.equals(emailIndex(keyring, other));
}

async function requireOpen({ config }: Pick<Context, 'config'>, tx: Tx): Promise<void> {
  if (!(await isOpen(config.signUp, tx))) throw new AppError('sign_up_closed');
}

async function isOpen(mode: Context['config']['signUp'], tx: Tx): Promise<boolean> {
  return mode === 'open' || (mode === 'first' && !(await hasUsers(tx)));
}

function before(email: string): string {
  return email.slice(0, email.lastIndexOf('@'));
}

function after(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}
