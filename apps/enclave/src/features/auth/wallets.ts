// Sign-in with wallets: a text is made for one device and one account, signed once, and its signer is who signs in.
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { PublicScope } from '../../http/scope.ts';
import { randomBytes } from '../../random.ts';
import { listBelongings } from '../organizations/index.ts';
import { createChallenge, takeChallenge } from './challenges.ts';
import { completeSignIn } from './complete.ts';
import { requireDevice } from './devices.ts';
import { linkIdentity } from './identities.ts';
import { notify } from './notices.ts';
import { type Asked, verifySigned, WALLETS } from './strategies/wallets/families.ts';
import { REFUSALS, WalletRefused } from './strategies/wallets/refusal.ts';
import { type Family, type SignInText, writeSignInText } from './strategies/wallets/text.ts';
import type { VerifiedIdentity } from './verified-identity.ts';

type Ports = Pick<Context, 'config' | 'db' | 'jobs' | 'keyring' | 'mailer' | 'now' | 'newId'>;

const TTL_MS = 5 * 60_000;
const NONCE_BYTES = 16;
const SOLANA_CHAIN = 'mainnet';

/** Two purposes: what was signed to sign in links nothing, and the other way round. */
const PURPOSES = {
  'wallet sign-in': 'Sign in to PrivexBot. This costs nothing and moves nothing.',
  'wallet link': 'Make this wallet a way to sign in to my account at PrivexBot. This costs nothing and moves nothing.',
} as const;
type Purpose = keyof typeof PURPOSES;

interface Question {
  readonly family: Family;
  readonly address: string;
  readonly asked: Required<Asked>;
  /** Whose account the wallet would open, where it is linked. */
  readonly user?: string;
}

interface Wished {
  readonly family: Family;
  readonly address: string;
  readonly chainId?: string | undefined;
}

interface Answer {
  readonly challenge: string;
  readonly text: string;
  readonly signature: string;
  readonly publicKey?: string | undefined;
}

export function walletRoutes(context: Ports): Handlers<'wallets'> {
  const { db, now } = context;
  return {
    challenge: (scope, { body }) => ask(scope, 'wallet sign-in', body),

    async signIn(scope, { body }) {
      const { identity } = await verify(scope, 'wallet sign-in', body);
      const { name, organization, invitation } = body;
      return completeSignIn(context, scope, identity, { name, organization, invitation });
    },

    linkChallenge: (scope, { body }) => ask(scope, 'wallet link', body, scope.user),

    async link(scope, { body }) {
      const { identity, question } = await verify(scope, 'wallet link', body);
      if (question.user !== scope.user) throw new AppError('challenge_invalid');
      const belongings = await listBelongings(db, scope.user);
      const id = await db.transaction('environment', scope.user, async (tx) => {
        const linked = await linkIdentity(context, tx, scope.user, identity);
        await notify(context, tx, scope.user, 'linked', scope.session);
        for (const { id: org } of belongings) tx.audit('identity.linked', scope.user, { method: identity.method, identity: linked }, org);
        return linked;
      });
      return { id, label: identity.label };
    },
  };

  async function ask(scope: PublicScope, purpose: Purpose, wished: Wished, user?: string) {
    const device = requireDevice(scope.channel);
    const parts = partsOf(scope.origin, PURPOSES[purpose], wished, now());
    const text = write(wished.family, parts);
    const { domain, uri, nonce, chainId, statement } = parts;
    const asked = { domain, uri, nonce, chainId, statement };
    const data: Question = { family: wished.family, address: parts.address, asked, ...(user ? { user } : {}) };
    const question = { purpose, device, ttlMs: TTL_MS, data };
    const challenge = await db.transaction('environment', user ?? 'visitor', (tx) => createChallenge(context, tx, question));
    return { challenge, text, parts };
  }

  /** Uses the challenge up, whatever comes of it. @throws AppError `challenge_invalid`, `wallet_refused` */
  async function verify(scope: PublicScope, purpose: Purpose, answer: Answer): Promise<{ identity: VerifiedIdentity; question: Question }> {
    const device = requireDevice(scope.channel);
    const question = await db.transaction('environment', 'visitor', (tx) =>
      takeChallenge<Question>(context, tx, purpose, answer.challenge, device),
    );
    const { family, address, asked } = question;
    const { text } = answer;
    const publicKey = answer.publicKey === undefined ? undefined : bytesOf(answer.publicKey);
    try {
      const subject = verifySigned(family, { address, text, signature: bytesOf(answer.signature), publicKey }, asked, now());
      return { identity: identityOf(family, subject, address, now()), question };
    } catch (error) {
      if (!(error instanceof WalletRefused)) throw error;
      await db.audit('environment', { action: 'session.refused', actor: 'visitor', facts: { by: family, reason: error.reason } });
      throw new AppError('wallet_refused', { problem: REFUSALS[error.reason] }, { cause: error });
    }
  }
}

/** The origin is the one that the client verified when it opened the sealed channel. */
function partsOf(origin: string, statement: string, { family, address, chainId }: Wished, at: Date) {
  const canonical = WALLETS[family].toAddress(address);
  if (!canonical) throw new AppError('bad_request', { problem: 'address: not one of this family of wallets', field: 'address' });
  return {
    domain: new URL(origin).host,
    address: canonical,
    statement,
    uri: origin,
    version: '1',
    chainId: family === 'solana' ? SOLANA_CHAIN : (chainId ?? ''),
    nonce: randomBytes(NONCE_BYTES).toString('hex'),
    issuedAt: at.toISOString(),
    expirationTime: new Date(at.getTime() + TTL_MS).toISOString(),
  } satisfies SignInText;
}

function write(family: Family, parts: SignInText): string {
  try {
    return writeSignInText(family, parts);
  } catch (cause) {
    // All else is ours.
    throw new AppError('bad_request', { problem: 'chainId: not one of this family of wallets', field: 'chainId' }, { cause });
  }
}

function identityOf(family: Family, subject: string, address: string, authTime: Date): VerifiedIdentity {
  const label = `${address.slice(0, 8)}…${address.slice(-4)}`;
  return { method: family, issuer: family, subject, label, emailVerified: false, groups: [], amr: ['swk'], authTime };
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
