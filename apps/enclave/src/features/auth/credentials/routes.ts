import type { ConnectionId, CredentialId, UserId } from '@privexbot/contract';
import { LIMITS } from '@privexbot/contract';
import type { Context } from '../../../context.ts';
import type { AuditRecord } from '../../../db/audit-chain.ts';
import { AppError } from '../../../errors.ts';
import type { Handlers } from '../../../http/mount.ts';
import type { PublicScope } from '../../../http/scope.ts';
import { randomBytes } from '../../../random.ts';
import { listBelongings } from '../../organizations/index.ts';
import { changeAccount, isSignUpOpen } from '../accounts.ts';
import { countAttempt, findAttempted } from '../attempts.ts';
import { createChallenge, readChallenge, takeChallenge } from '../challenges.ts';
import { askAgain, completeSignIn, finishSignIn, readPending, startAccount, takePending, toAccount } from '../complete.ts';
import { changeCredential, findCredential } from '../credentials-store.ts';
import { requireDevice } from '../devices.ts';
import { listIdentities, requireOtherWayIn, unlinkIdentity } from '../identities.ts';
import { MAILS, mailLink, mailTo } from '../mails.ts';
import { notify } from '../notices.ts';
import { createSignUpLink } from '../sign-up-link.ts';
import { changeSessionFacts, changeUser, deleteSessions, findUser, type Tx, type User } from '../store.ts';
import { isCommonPassword } from '../strategies/common-passwords.ts';
import { emailIndex, type Passwords } from '../strategies/email.ts';
import { ownIdentity } from '../verified-identity.ts';
import { beginEmailChange, confirmSide, emailChangeLink, readEmailChangeLink } from './email-change.ts';
import { addFactor, listFactors, ofKind, type PasskeyContent, removeFactors, type TotpContent, waysToProve } from './factors.ts';
import { acceptAssertion, acceptRegistration, amrOf, assertionOptions, registrationOptions, type Site, takesPasskeys } from './passkeys.ts';
import { checkProof, type Proof } from './proofs.ts';
import { createRecoveryCodes, recoveryIndex } from './recovery-codes.ts';
import { findStep, newTotpSecret, totpText, totpUri } from './totp.ts';

type Ports = Pick<Context, 'config' | 'db' | 'jobs' | 'keyring' | 'limiter' | 'mailer' | 'log' | 'now' | 'newId' | 'origin'> & {
  readonly passwords: Passwords;
  /** The identity providers of the organization that has proven the address' domain. */
  readonly connectionsFor: (email: string) => Promise<WayIn[]>;
  /** The same of one, where people come in by it now. */
  readonly connectionOf: (id: ConnectionId) => Promise<WayIn | undefined>;
};

interface WayIn {
  readonly id: ConnectionId;
  readonly name: string;
  readonly kind: 'oidc' | 'saml' | 'ldap';
}

const MINUTE = 60_000;
const NAME = 'PrivexBot';
const PURPOSES = {
  signIn: { purpose: 'passkey-sign-in', ttlMs: 15 * MINUTE },
  signUp: { purpose: 'passkey-sign-up', ttlMs: 10 * MINUTE },
  register: { purpose: 'passkey-register', ttlMs: 10 * MINUTE },
  stepUp: { purpose: 'step-up', ttlMs: 10 * MINUTE },
  totp: { purpose: 'totp', ttlMs: 15 * MINUTE },
} as const;

interface NewPasskey {
  readonly handle: string;
}
interface SignUpWish extends NewPasskey {
  readonly name: string;
  readonly email?: string;
  readonly organization?: string;
  readonly invitation?: string;
}

export function credentialRoutes(context: Ports): Handlers<'credentials'> {
  const { db, keyring, limiter, mailer, now, origin, passwords, connectionsFor, connectionOf } = context;
  const change = <T>(user: UserId, fn: Parameters<typeof changeAccount<T>>[2]) => changeAccount<T>(context, user, fn);
  const inEnvironment = <T>(actor: string, fn: (tx: Tx) => Promise<T>) => db.transaction('environment', actor, fn);

  return {
    async start(_, { body }) {
      return { ways: mailer ? ['password', 'link'] : ['password'], connections: await connectionsFor(body.email) };
    },

    async requestLink(scope, { body }) {
      const { user, isKnown } = await findAttempted(context, scope, body.email);
      await countAttempt(context, scope, { method: 'link', email: body.email, isKnown });
      await db.audit('environment', { action: 'session.link_requested', actor: 'visitor', target: user?.id });
      if (user) mailLink(context, 'mailed', user);
      else if (mailer && (body.invitation || (await isSignUpOpen(context))))
        mailTo(context, body.email, MAILS.signUp(createSignUpLink(keyring, body, origin(), now())));
    },

    async startPasskey(scope) {
      return ask(scope, 'visitor', 'signIn', {}, (site, challenge) => assertionOptions(site, challenge));
    },

    async signInByPasskey(scope, { body }) {
      const { challenge, response } = body;
      const device = requireDevice(scope.channel);
      const proven = await inEnvironment('visitor', async (tx) => {
        await takeChallenge(context, tx, PURPOSES.signIn.purpose, challenge, device);
        await tx.lock('credentials');
        const found = await findCredential(keyring, tx, lookupOf(response.id));
        const known = found && (found.content as PasskeyContent);
        if (!found || !known) throw new AppError('passkey_refused');
        const passkey = await acceptAssertion(siteOf(scope), known, challenge, response);
        await changeCredential(keyring, tx, found.id, { ...known, ...passkey, lastUsedAt: now().toISOString() });
        return { user: found.user, amr: amrOf(passkey) };
      });
      return completeSignIn(context, scope, ownIdentity('passkey', proven.user, proven.amr, now()));
    },

    async startPasskeySignUp(scope, { body }) {
      if (!body.invitation && !(await isSignUpOpen(context))) throw new AppError('sign_up_closed');
      const handle = newHandle();
      const person = { handle, account: body.email ?? body.name, name: body.name };
      return ask(scope, 'visitor', 'signUp', { ...body, handle }, (site, challenge) => registrationOptions(site, person, challenge, []));
    },

    async signUpByPasskey(scope, { body }) {
      const { challenge, response } = body;
      const device = requireDevice(scope.channel);
      const wish = await inEnvironment('visitor', (tx) =>
        takeChallenge<SignUpWish>(context, tx, PURPOSES.signUp.purpose, challenge, device),
      );
      const passkey = await acceptRegistration(siteOf(scope), wish.handle, challenge, response);
      const { name, email } = wish;
      const profile = { name, ...(email === undefined ? {} : { email }), emailVerified: false, links: 0 };
      const { user, account } = await startAccount(context, scope, profile, wish, 'passkey', amrOf(passkey), (tx, { id }) =>
        addPasskey(tx, id, { ...passkey, name: NAME }),
      );
      mailLink(context, 'verify', user);
      return account;
    },

    async startSecondPasskey(scope, { body }) {
      const device = requireDevice(scope.channel);
      const passkeys = await inEnvironment('visitor', async (tx) => {
        const { user } = await readPending(context, tx, body.challenge, device);
        return ofKind(await listFactors(context, tx, await requireUser(tx, user)), 'passkey');
      });
      return { options: toJson(await assertionOptions(siteOf(scope), body.challenge, contents(passkeys))) };
    },

    async secondFactor(scope, { body }) {
      const { challenge, proof } = body;
      const device = requireDevice(scope.channel);
      const { pending, amr, again } = await inEnvironment('visitor', async (tx) => {
        const pending = await takePending(context, tx, challenge, device);
        await limiter.takeExact('sign-in', `second factor of ${pending.user}`);
        const user = await requireUser(tx, pending.user);
        const amr = await checkProof(context, tx, user, toProof(proof, scope, challenge));
        return { pending, amr, again: amr ? '' : await askAgain(context, tx, device, pending) };
      });
      if (!amr) {
        await auditAtAll(pending.user, { action: 'session.refused', actor: 'visitor', target: pending.user, facts: { factor: proof.way } });
        throw new AppError('second_factor_wrong', { challenge: again });
      }
      if (proof.way === 'recovery')
        await auditAtAll(pending.user, { action: 'credential.used', actor: pending.user, facts: { kind: proof.way } });
      return finishSignIn(context, scope, pending, amr);
    },

    async startStepUp(scope) {
      const { ways, passkeys } = await inEnvironment(scope.user, async (tx) => ({
        ways: await waysToProve(context, tx, scope.user),
        passkeys: ofKind(await listFactors(context, tx, await requireUser(tx, scope.user)), 'passkey'),
      }));
      const by = scope.facts.connection && (await connectionOf(scope.facts.connection.id));
      const connection = by ? { connection: by } : {};
      if (passkeys.length === 0 || !takesPasskeys(siteOf(scope))) return { ways: ways.filter((way) => way !== 'passkey'), ...connection };
      const passkey = await ask(scope, scope.user, 'stepUp', {}, (site, challenge) =>
        assertionOptions(site, challenge, contents(passkeys)),
      );
      return { ways, passkey, ...connection };
    },

    async stepUp(scope, { body }) {
      const { user: id, session, facts } = scope;
      const device = requireDevice(scope.channel);
      const before = await inEnvironment(id, (tx) => requireUser(tx, id));
      if (body.way === 'password' && !(await passwords.matches(before.password, body.password))) {
        await auditAtAll(id, { action: 'session.step_up_refused', actor: id, facts: { way: body.way } });
        throw new AppError('wrong_credentials');
      }
      const { changed: amr } = await change(id, async (tx, audit) => {
        if (body.way === 'passkey') await takeChallenge(context, tx, PURPOSES.stepUp.purpose, body.challenge, device);
        const user = await requireUser(tx, id);
        if (body.way === 'password' && user.password !== before.password) throw new AppError('wrong_credentials');
        const proven =
          body.way === 'password'
            ? ['pwd']
            : await checkProof(context, tx, user, body.way === 'passkey' ? { ...body, site: siteOf(scope) } : body);
        if (!proven) return undefined;
        const amr = [...new Set([...facts.amr, ...proven])];
        await changeSessionFacts(keyring, tx, session, { ...facts, amr: withBoth(amr), authTime: now() });
        audit('session.stepped_up', session, { way: body.way });
        return amr;
      });
      if (amr) return;
      await auditAtAll(id, { action: 'session.step_up_refused', actor: id, facts: { way: body.way } });
      throw new AppError('second_factor_wrong');
    },

    async security({ user: id }) {
      const { user, factors, identities } = await inEnvironment(id, async (tx) => {
        const user = await requireUser(tx, id);
        return { user, factors: await listFactors(context, tx, user), identities: await listIdentities(keyring, tx, id) };
      });
      const [totp] = ofKind(factors, 'totp');
      const pending = user.emailChange && new Date(user.emailChange.expiresAt) > now() ? user.emailChange : undefined;
      return {
        hasPassword: user.password !== undefined,
        passkeys: ofKind(factors, 'passkey').map(toPasskey),
        ...(totp ? { totp: { createdAt: totp.createdAt.toISOString() } } : {}),
        recoveryCodes: ofKind(factors, 'recovery')[0]?.content.codes.length ?? 0,
        identities: identities.map(({ id, method, label, createdAt, lastUsedAt }) => ({
          id,
          method,
          label,
          createdAt: createdAt.toISOString(),
          lastUsedAt,
        })),
        ...(pending ? { newEmail: pending.email } : {}),
      };
    },

    async startRegistration(scope) {
      const { user, passkeys } = await inEnvironment(scope.user, async (tx) => {
        const user = await requireUser(tx, scope.user);
        return { user, passkeys: contents(ofKind(await listFactors(context, tx, user), 'passkey')) };
      });
      if (passkeys.length >= LIMITS.passkeys) throw new AppError('too_many', { limit: LIMITS.passkeys });
      const handle = passkeys[0]?.handle ?? newHandle();
      const person = { handle, account: user.email ?? user.name, name: user.name };
      return ask(scope, scope.user, 'register', { handle }, (site, challenge) => registrationOptions(site, person, challenge, passkeys));
    },

    async addPasskey(scope, { body }) {
      const { challenge, response, name } = body;
      const device = requireDevice(scope.channel);
      const { changed } = await change(scope.user, async (tx, audit) => {
        const { handle } = await takeChallenge<NewPasskey>(context, tx, PURPOSES.register.purpose, challenge, device);
        await tx.lock('users');
        const user = await requireUser(tx, scope.user);
        if (ofKind(await listFactors(context, tx, user), 'passkey').length >= LIMITS.passkeys)
          throw new AppError('too_many', { limit: LIMITS.passkeys });
        const passkey = await acceptRegistration(siteOf(scope), handle, challenge, response);
        const added = await addPasskey(tx, scope.user, { ...passkey, name });
        audit('credential.added', added.id, { kind: 'passkey' });
        await notify(context, tx, scope.user, 'passkeyAdded', scope.session);
        return added;
      });
      return toPasskey(changed);
    },

    async renamePasskey(scope, { params, body }) {
      const { changed } = await change(scope.user, async (tx, audit) => {
        await tx.lock('credentials');
        const passkey = await requirePasskey(tx, scope.user, params.credential);
        const content = { ...passkey.content, name: body.name };
        await changeCredential(keyring, tx, passkey.id, content);
        audit('credential.changed', passkey.id, { kind: 'passkey' });
        return { ...passkey, content };
      });
      return toPasskey(changed);
    },

    async removePasskey(scope, { params }) {
      await change(scope.user, async (tx, audit) => {
        await tx.lock('users');
        await requirePasskey(tx, scope.user, params.credential);
        await requireOtherWayIn(keyring, tx, scope.user, params.credential);
        await removeFactors(context, tx, scope.user, [params.credential]);
        audit('credential.removed', params.credential, { kind: 'passkey' });
        await notify(context, tx, scope.user, 'passkeyRemoved', scope.session);
        await dropLoneCodes(tx, scope.user);
      });
    },

    async startTotp(scope) {
      const secret = newTotpSecret();
      const data = { secret: Buffer.from(secret).toString('base64') };
      const { challenge, user } = await inEnvironment(scope.user, async (tx) => ({
        challenge: await createChallenge(context, tx, { ...PURPOSES.totp, device: requireDevice(scope.channel), data }),
        user: await requireUser(tx, scope.user),
      }));
      return { challenge, secret: totpText(secret), uri: totpUri(secret, user.email ?? user.name, NAME) };
    },

    async confirmTotp(scope, { body }) {
      const device = requireDevice(scope.channel);
      const { changed } = await change(scope.user, async (tx, audit) => {
        const { secret } = await readChallenge<{ secret: string }>(context, tx, PURPOSES.totp.purpose, body.challenge, device);
        const lastStep = findStep(Buffer.from(secret, 'base64'), body.code, now(), 0);
        // The challenge stays: a mistyped code costs no new secret.
        if (lastStep === undefined) throw new AppError('second_factor_wrong');
        await takeChallenge(context, tx, PURPOSES.totp.purpose, body.challenge, device);
        await tx.lock('users');
        const factors = await listFactors(context, tx, await requireUser(tx, scope.user));
        const before = ofKind(factors, 'totp').map(({ id }) => id);
        await removeFactors(context, tx, scope.user, before);
        const content: TotpContent = { secret, lastStep, failures: 0 };
        const { id } = await addFactor(context, tx, scope.user, 'totp', content);
        audit('credential.added', id, { kind: 'totp' });
        await notify(context, tx, scope.user, 'appAdded', scope.session);
        return ofKind(factors, 'recovery').length > 0 ? {} : { recoveryCodes: await newCodes(tx, scope.user) };
      });
      return changed;
    },

    async removeTotp(scope) {
      await change(scope.user, async (tx, audit) => {
        await tx.lock('users');
        const apps = ofKind(await listFactors(context, tx, await requireUser(tx, scope.user)), 'totp');
        if (apps.length === 0) throw new AppError('not_found');
        await removeFactors(
          context,
          tx,
          scope.user,
          apps.map(({ id }) => id),
        );
        audit('credential.removed', apps[0]?.id, { kind: 'totp' });
        await notify(context, tx, scope.user, 'appRemoved', scope.session);
        await dropLoneCodes(tx, scope.user);
      });
    },

    async renewRecoveryCodes(scope) {
      const { changed } = await change(scope.user, async (tx, audit) => {
        await tx.lock('users');
        const before = ofKind(await listFactors(context, tx, await requireUser(tx, scope.user)), 'recovery').map(({ id }) => id);
        await removeFactors(context, tx, scope.user, before);
        const recoveryCodes = await newCodes(tx, scope.user);
        audit('credential.renewed', scope.user, { kind: 'recovery' });
        await notify(context, tx, scope.user, 'recoveryCodes', scope.session);
        return { recoveryCodes };
      });
      return changed;
    },

    async unlink(scope, { params }) {
      await change(scope.user, async (tx, audit) => {
        await unlinkIdentity(context, tx, scope.user, params.identity);
        audit('account.changed', scope.user, { identity: params.identity });
        await notify(context, tx, scope.user, 'unlinked', scope.session);
      });
    },

    async setPassword(scope, { body }) {
      const { email } = await inEnvironment(scope.user, (tx) => requireUser(tx, scope.user));
      if (isCommonPassword(body.password, email)) throw new AppError('password_common');
      const password = await passwords.hash(body.password);
      await change(scope.user, async (tx, audit) => {
        // A link made before must not undo the change.
        await changeUser(keyring, tx, scope.user, ({ links }) => ({ links: links + 1, password }));
        await deleteSessions(tx, scope.user, (session) => session !== scope.session);
        audit('account.password_changed', scope.user);
        await notify(context, tx, scope.user, 'password', scope.session);
      });
    },

    async changeEmail(scope, { body }) {
      const isTaken = await inEnvironment(scope.user, (tx) => isTakenByOther(tx, scope.user, body.email));
      // Where mail is set, only who reads the address learns whether it has an account.
      if (isTaken && !mailer) throw new AppError('address_taken');
      const { changed, belongings } = await change(scope.user, async (tx, audit) => {
        await tx.lock('users');
        if (!mailer && (await isTakenByOther(tx, scope.user, body.email))) throw new AppError('address_taken');
        audit(mailer ? 'account.email_requested' : 'account.email_changed', scope.user);
        return changeUser(keyring, tx, scope.user, (user) =>
          mailer
            ? { emailChange: beginEmailChange(user, body.email, now()) }
            : { email: body.email, emailVerified: false, claimed: true, links: user.links + 1 },
        );
      });
      if (!isTaken) mailBothSides(changed);
      return toAccount(changed, scope.session, belongings);
    },

    async cancelEmail(scope) {
      await change(scope.user, async (tx, audit) => {
        await changeUser(keyring, tx, scope.user, () => ({ emailChange: undefined }));
        audit('account.email_cancelled', scope.user);
      });
    },

    async confirmEmail(_, { body }) {
      const link = readEmailChangeLink(keyring, body.token);
      const { changed } = await change(link.user, async (tx, audit) => {
        await tx.lock('users');
        const before = await findUser(keyring, tx, { id: link.user });
        if (!before) throw new AppError('link_invalid');
        const next = confirmSide(before, link, now());
        if (next.email !== undefined && (await isTakenByOther(tx, link.user, next.email))) throw new AppError('address_taken');
        await changeUser(keyring, tx, link.user, () => next);
        if (next.email !== undefined) {
          audit('account.email_changed', link.user);
          await notify(context, tx, link.user, 'email', 'link', before.emailVerified ? before.email : undefined);
        }
        return { changed: next.email !== undefined };
      });
      return changed;
    },
  };

  /** Makes a challenge for this device, and what a browser needs to answer it. */
  async function ask(
    scope: PublicScope,
    actor: string,
    purpose: keyof typeof PURPOSES,
    data: object,
    options: (site: Site, challenge: string) => Promise<object>,
  ) {
    const device = requireDevice(scope.channel);
    const challenge = await inEnvironment(actor, (tx) => createChallenge(context, tx, { ...PURPOSES[purpose], device, data }));
    return { challenge, options: toJson(await options(siteOf(scope), challenge)) };
  }

  /** In the environment's log and in those of all organizations of the person. */
  async function auditAtAll(user: UserId, record: AuditRecord): Promise<void> {
    const realms = ['environment' as const, ...(await listBelongings(db, user)).map(({ id }) => id)];
    await Promise.all(realms.map((realm) => db.audit(realm, record)));
  }

  function lookupOf(credential: string): Uint8Array {
    return keyring.blindIndex('credential', credential);
  }

  async function requireUser(tx: Tx, id: UserId): Promise<User> {
    const user = await findUser(keyring, tx, { id });
    if (!user) throw new AppError('not_signed_in');
    return user;
  }

  async function requirePasskey(tx: Tx, user: UserId, id: CredentialId) {
    const passkeys = ofKind(await listFactors(context, tx, await requireUser(tx, user)), 'passkey');
    const passkey = passkeys.find((one) => one.id === id);
    if (!passkey) throw new AppError('not_found');
    return passkey;
  }

  /** @throws AppError `passkey_refused` where it is known already, be it as somebody else's */
  async function addPasskey(tx: Tx, user: UserId, content: PasskeyContent) {
    const lookup = lookupOf(content.credential);
    if (await findCredential(keyring, tx, lookup)) throw new AppError('passkey_refused');
    return addFactor(context, tx, user, 'passkey', content, lookup);
  }

  async function newCodes(tx: Tx, user: UserId): Promise<string[]> {
    const recoveryCodes = createRecoveryCodes();
    const codes = recoveryCodes.map((code) => recoveryIndex(keyring, user, code) ?? '');
    await addFactor(context, tx, user, 'recovery', { codes });
    return recoveryCodes;
  }

  /** Recovery codes stand in for something: where nothing asks for them any more, they go. */
  async function dropLoneCodes(tx: Tx, id: UserId): Promise<void> {
    const factors = await listFactors(context, tx, await requireUser(tx, id));
    if (factors.every(({ kind }) => kind === 'recovery'))
      await removeFactors(
        context,
        tx,
        id,
        factors.map((one) => one.id),
      );
  }

  async function isTakenByOther(tx: Tx, user: UserId, email: string): Promise<boolean> {
    const found = await findUser(keyring, tx, { email: emailIndex(keyring, email) });
    return found !== undefined && found.id !== user;
  }

  function mailBothSides({ id, email, emailChange }: User): void {
    if (!emailChange) return;
    const link = (side: 'old' | 'new') => emailChangeLink(keyring, id, emailChange, side, origin());
    mailTo(context, emailChange.email, MAILS.newEmail(link('new')), id);
    if (email !== undefined && emailChange.waiting.includes('old')) mailTo(context, email, MAILS.oldEmail(link('old')), id);
  }
}

/** The address that the client verified, of the session that everything here comes through. */
function siteOf({ channel }: PublicScope): Site {
  if (!channel) throw new AppError('sealed_only');
  return { origin: channel.session.origin, name: NAME };
}

function toProof(
  proof: Exclude<Proof, { way: 'passkey' }> | Omit<Extract<Proof, { way: 'passkey' }>, 'challenge' | 'site'>,
  scope: PublicScope,
  challenge: string,
): Proof {
  return proof.way === 'passkey' ? { ...proof, challenge, site: siteOf(scope) } : proof;
}

function newHandle(): string {
  return randomBytes(32).toString('base64url');
}

function contents<T>(factors: readonly { readonly content: T }[]): T[] {
  return factors.map(({ content }) => content);
}

/** The library's types are interfaces, which are no records. */
function toJson(options: object): Record<string, unknown> {
  return { ...options };
}

function toPasskey({ id, content, createdAt }: { id: CredentialId; content: PasskeyContent; createdAt: Date }) {
  const { name, synced, lastUsedAt } = content;
  return { id, name, synced, createdAt: createdAt.toISOString(), ...(lastUsedAt ? { lastUsedAt } : {}) };
}

/** A password and something else are two factors, in whichever order they were proven. */
function withBoth(amr: readonly string[]): readonly string[] {
  return amr.includes('pwd') && amr.some((one) => one === 'otp' || one === 'hwk' || one === 'swk') ? [...new Set([...amr, 'mfa'])] : amr;
}
