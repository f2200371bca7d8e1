import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { AccountScope, SessionFacts } from '../../http/scope.ts';
import { describeInvitation, findRole, hasWorkspace, listBelongings } from '../organizations/index.ts';
import type { Admit } from '../policies/index.ts';
import { changeAccount, isSignUpOpen, join, localPart } from './accounts.ts';
import { countAttempt, findAttempted } from './attempts.ts';
import { completeSignIn, startAccount, toAccount } from './complete.ts';
import { dropKeys, reclaim } from './credentials/reclaim.ts';
import { acceptDevice, requireDevice } from './devices.ts';
import { readLink } from './links.ts';
import { mailLink } from './mails.ts';
import { notify } from './notices.ts';
import { isSignUpToken, readSignUpToken } from './sign-up-link.ts';
import { changeUser, deleteSessions, findUser, listSessions, type ProfileChange, type User } from './store.ts';
import { isCommonPassword } from './strategies/common-passwords.ts';
import type { Passwords } from './strategies/email.ts';
import { createTokens } from './tokens.ts';
import { ownIdentity } from './verified-identity.ts';

type Ports = Pick<Context, 'config' | 'db' | 'jobs' | 'keyring' | 'limiter' | 'mailer' | 'log' | 'now' | 'newId' | 'origin'> & {
  readonly passwords: Passwords;
  readonly admit: Admit;
  /** Where a browser ends a session at the person's directory too. */
  readonly leaveDirectory: (facts: SessionFacts) => Promise<{ readonly name: string; readonly url: string } | undefined>;
};

export function authRoutes(context: Ports): Handlers<'auth'> {
  const { config, db, keyring, mailer, now, passwords, admit, leaveDirectory } = context;
  const tokens = createTokens(context);
  const change = <T>(user: UserId, fn: Parameters<typeof changeAccount<T>>[2]) => changeAccount<T>(context, user, fn);

  return {
    async options() {
      return { signUp: config.signUp, signUpOpen: await isSignUpOpen(context), mail: mailer !== undefined };
    },

    proveDevice({ channel }, { body }) {
      acceptDevice(channel, body);
    },

    async signUp(scope, { body }) {
      requireDevice(scope.channel);
      if (!body.invitation && !(await isSignUpOpen(context))) throw new AppError('sign_up_closed');
      const { email, name = localPart(email) } = body;
      requireUncommon(body.password, email);
      const profile = { email, name, emailVerified: false, password: await passwords.hash(body.password), links: 0 };
      const { user, account } = await startAccount(context, scope, profile, body, 'password', ['pwd']);
      if (!user.emailVerified) mailLink(context, 'verify', user);
      return account;
    },

    async signIn(scope, { body }) {
      requireDevice(scope.channel);
      const { user: found, isKnown } = await findAttempted(context, scope, body.email);
      const takeBack = await countAttempt(context, scope, { method: 'password', email: body.email, isKnown });
      const right = await passwords.matches(found?.password, body.password);
      if (!found || !right) {
        await db.audit('environment', { action: 'session.refused', actor: 'visitor', target: found?.id });
        throw new AppError('wrong_credentials');
      }
      takeBack();
      const { password } = found.oneTimeUntil === undefined ? found : await replaceOneTime(found, found.oneTimeUntil, body.newPassword);
      return completeSignIn(context, scope, ownIdentity('password', found.id, ['pwd'], now()), {
        password,
      });
    },

    async signInByLink(scope, { body }) {
      requireDevice(scope.channel);
      if (isSignUpToken(body.token)) {
        const { email, invitation } = readSignUpToken(keyring, body.token, now());
        const profile = { email, name: localPart(email), emailVerified: true, links: 0 };
        return (await startAccount(context, scope, profile, { invitation }, 'link', ['otp'])).account;
      }
      const { id, links, purpose } = readLink(keyring, ['sign-in', 'mailed'], body.token, now());
      const isFirstProof = await db.transaction('environment', id, async (tx) => {
        const user = await changeUser(keyring, tx, id, useLink(links));
        if (purpose !== 'mailed' || user.emailVerified) return false;
        await reclaim(context, tx, user);
        return true;
      });
      if (isFirstProof) await dropKeys(context, id);
      return completeSignIn(context, scope, ownIdentity('link', id, ['otp'], now()));
    },

    async signOut(scope) {
      await change(scope.user, async (tx, audit) => {
        await deleteSessions(tx, scope.user, (id) => id === scope.session);
        audit('session.ended', scope.session);
      });
      const directory = await leaveDirectory(scope.facts);
      return directory ? { directory } : {};
    },

    async token({ user, session, facts, channel, address }, { body }) {
      const device = requireDevice(channel);
      const { org, workspace, audience } = body;
      const proven = { amr: facts.amr, auth_time: Math.floor(facts.authTime.getTime() / 1_000), ...(audience ? { aud: audience } : {}) };
      if (!org) return toToken(tokens.issue({ sub: user, sid: session, ...proven }, device));
      if (!(await findRole(db, user, org))) throw new AppError('not_found');
      await admit({ user, session, facts }, org, address);
      // Read before the role that the token names: a change in between makes the version too old, never the role.
      const pv = await db.heads.counter(org, 'memberships');
      const role = await findRole(db, user, org);
      if (!role || (workspace && !(await hasWorkspace(db, org, workspace)))) throw new AppError('not_found');
      return toToken(tokens.issue({ sub: user, sid: session, org, ...(workspace ? { workspace } : {}), role, pv, ...proven }, device));
    },

    tokenKeys({ headers }) {
      headers.set('cache-control', 'public, max-age=300');
      return { keys: [...tokens.keySet.keys] };
    },

    async me({ user, session }) {
      const found = await db.transaction('environment', user, (tx) => findUser(keyring, tx, { id: user }));
      if (!found) throw new AppError('not_signed_in');
      return toAccount(found, session, await listBelongings(db, user));
    },

    async rename({ user, session }, { body }) {
      const { changed, belongings } = await change(user, async (tx, audit) => {
        audit('account.changed', user);
        return changeUser(keyring, tx, user, () => ({ name: body.name }));
      });
      return toAccount(changed, session, belongings);
    },

    async changePassword({ user, session }, { body }) {
      const found = await db.transaction('environment', user, (tx) => findUser(keyring, tx, { id: user }));
      if (!(await passwords.matches(found?.password, body.current))) {
        await db.audit('environment', { action: 'account.password_refused', actor: user });
        throw new AppError('wrong_credentials');
      }
      requireUncommon(body.password, found?.email);
      const password = await passwords.hash(body.password);
      await setPassword(user, password, () => ({}), session);
    },

    async sessions({ user, session }) {
      const at = now();
      const found = await db.transaction('environment', user, (tx) => listSessions(keyring, tx, user));
      return found
        .filter(({ expiresAt }) => expiresAt > at)
        .map(({ id, device, address, createdAt, expiresAt, facts }) => ({
          id,
          current: id === session,
          device,
          address,
          method: facts.method,
          createdAt: createdAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
        }));
    },

    async endSession(scope, { params }) {
      await change(scope.user, async (tx, audit) => {
        if ((await deleteSessions(tx, scope.user, (id) => id === params.session)) === 0) throw new AppError('not_found');
        audit('session.ended', params.session);
      });
    },

    async requestReset(scope, { body }) {
      const { user, isKnown } = await findAttempted(context, scope, body.email);
      await countAttempt(context, scope, { method: 'reset', email: body.email, isKnown });
      await db.audit('environment', { action: 'account.reset_requested', actor: 'visitor', target: user?.id });
      if (user) mailLink(context, 'reset', user);
    },

    async completeReset(_, { body }) {
      const { id, links } = readLink(keyring, 'reset', body.token, now());
      const found = await db.transaction('environment', id, (tx) => findUser(keyring, tx, { id }));
      requireUncommon(body.password, found?.email);
      const password = await passwords.hash(body.password);
      // Whoever opened the mailed link reads that address' mail.
      await setPassword(id, password, useLink(links));
    },

    async requestVerification(scope) {
      const user = await db.transaction('environment', scope.user, (tx) => findUser(keyring, tx, { id: scope.user }));
      await db.audit('environment', { action: 'account.verification_requested', actor: scope.user });
      if (user && !user.emailVerified) mailLink(context, 'verify', user);
    },

    async verifyEmail({ user: id }, { body }) {
      const { id: linked, links } = readLink(keyring, 'verify', body.token, now());
      // A link that is opened by somebody else proves an address to whoever made an account with it and waits.
      if (linked !== id) throw new AppError('link_invalid');
      await change(id, async (tx, audit) => {
        await changeUser(keyring, tx, id, (user) => ({ ...useLink(links)(user), emailVerified: true }));
        audit('account.verified', id);
      });
    },

    async describeInvitation(_, { body }) {
      return db.transaction('environment', 'visitor', async (tx) => {
        const { invitedBy: id, ...invitation } = await describeInvitation(context, tx, body.invitation);
        const inviter = id && (await findUser(keyring, tx, { id }));
        return inviter ? { ...invitation, invitedBy: inviter.name } : invitation;
      });
    },

    async acceptInvitation({ user, session }, { body }) {
      const joined = await db.transaction('environment', user, async (tx) => {
        await tx.lock('users');
        const person = await findUser(keyring, tx, { id: user });
        if (!person) throw new AppError('not_signed_in');
        return join(context, tx, person, body.invitation);
      });
      return toAccount(joined, session, await listBelongings(db, user));
    },
  };

  /** Whoever was given a password by an Admin signs in with one that nobody else knows. */
  async function replaceOneTime(found: User, until: string, chosen: string | undefined): Promise<User> {
    if (new Date(until) <= now()) throw new AppError('wrong_credentials');
    if (chosen === undefined) throw new AppError('new_password_required');
    requireUncommon(chosen, found.email);
    if (await passwords.matches(found.password, chosen)) throw new AppError('new_password_required');
    const password = await passwords.hash(chosen);
    const { changed } = await change(found.id, async (tx, audit) => {
      audit('account.password_changed', found.id);
      await notify(context, tx, found.id, 'password', 'sign-in');
      return changeUser(keyring, tx, found.id, (user) => {
        if (user.password !== found.password) throw new AppError('wrong_credentials');
        return { password, oneTimeUntil: undefined, links: user.links + 1 };
      });
    });
    return changed;
  }

  async function setPassword(
    id: UserId,
    password: string,
    how: (user: User) => ProfileChange,
    keep?: AccountScope['session'],
  ): Promise<void> {
    const { changed: isFirstProof } = await change(id, async (tx, audit) => {
      // A link made before must not undo the change.
      const before = await changeUser(keyring, tx, id, (user) => ({ links: user.links + 1, oneTimeUntil: undefined, ...how(user) }));
      const isFirst = !keep && !before.emailVerified;
      if (isFirst) await reclaim(context, tx, before);
      await changeUser(keyring, tx, id, () => ({ password }));
      await deleteSessions(tx, id, (session) => session !== keep);
      audit('account.password_changed', id);
      await notify(context, tx, id, 'password', keep ?? 'link');
      return isFirst;
    });
    if (isFirstProof) await dropKeys(context, id);
  }
}

/** @throws AppError `password_common` */
function requireUncommon(password: string, email: string | undefined): void {
  if (isCommonPassword(password, email)) throw new AppError('password_common');
}

/** Uses up the link that was made when the person had used `links`. */
function useLink(links: number): (user: User) => { links: number } {
  return (user) => {
    if (user.links !== links) throw new AppError('link_invalid');
    return { links: links + 1 };
  };
}

function toToken({ token, expiresAt }: { token: string; expiresAt: Date }) {
  return { token, expiresAt: expiresAt.toISOString() };
}
