/** Answers to a second factor, checked and used up. */
import type { Assertion } from '@privexbot/contract';
import type * as z from 'zod';
import type { Context } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import { changeCredential } from '../credentials-store.ts';
import type { Tx, User } from '../store.ts';
import { type Factor, listFactors, ofKind, type TotpContent } from './factors.ts';
import { acceptAssertion, amrOf, type Site } from './passkeys.ts';
import { recoveryIndex } from './recovery-codes.ts';
import { findStep } from './totp.ts';

type Ports = Pick<Context, 'keyring' | 'now'>;
type Kind<K extends Factor['kind']> = Extract<Factor, { kind: K }>[];

export type Proof =
  | { readonly way: 'totp'; readonly code: string }
  | { readonly way: 'recovery'; readonly code: string }
  | { readonly way: 'passkey'; readonly response: z.output<typeof Assertion>; readonly challenge: string; readonly site: Site };

/** Six digits can be guessed: after so many wrong ones in a row each next one waits, twice as long as the last, up to the longest. */
const FREE_FAILURES = 5;
const LONGEST_WAIT_MS = 60 * 60_000;
const MINUTE = 60_000;

/**
 * Checks a proof in the transaction that uses it up, so that of several at once one counts. Lock nothing later before.
 * @returns how it was proven (RFC 8176), or undefined where it is wrong
 * @throws AppError `rate_limited` while codes of the app have to wait; the others go on working
 */
export async function checkProof(ports: Ports, tx: Tx, user: User, proof: Proof): Promise<readonly string[] | undefined> {
  await tx.lock('credentials');
  const factors = await listFactors(ports, tx, user);
  if (proof.way === 'totp') return checkTotp(ports, tx, ofKind(factors, 'totp'), proof.code);
  if (proof.way === 'recovery') return checkRecovery(ports, tx, user, ofKind(factors, 'recovery'), proof.code);
  return checkPasskey(ports, tx, ofKind(factors, 'passkey'), proof);
}

async function checkTotp({ keyring, now }: Ports, tx: Tx, [app]: Kind<'totp'>, code: string): Promise<readonly string[] | undefined> {
  if (!app) return undefined;
  const { content } = app;
  const waitMs = waitOf(content, now());
  if (waitMs > 0) throw new AppError('rate_limited', { seconds: Math.ceil(waitMs / 1_000) });
  const step = findStep(Buffer.from(content.secret, 'base64'), code, now(), content.lastStep);
  const next: TotpContent =
    step === undefined
      ? { ...content, failures: content.failures + 1, failedAt: now().toISOString() }
      : { secret: content.secret, lastStep: step, failures: 0 };
  await changeCredential(keyring, tx, app.id, next);
  return step === undefined ? undefined : ['otp'];
}

function waitOf({ failures, failedAt }: TotpContent, now: Date): number {
  if (failures < FREE_FAILURES || !failedAt) return 0;
  const waitMs = Math.min(LONGEST_WAIT_MS, MINUTE * 2 ** (failures - FREE_FAILURES));
  return new Date(failedAt).getTime() + waitMs - now.getTime();
}

async function checkRecovery(
  { keyring }: Ports,
  tx: Tx,
  { id }: User,
  [kept]: Kind<'recovery'>,
  code: string,
): Promise<readonly string[] | undefined> {
  const index = recoveryIndex(keyring, id, code);
  if (!index || !kept?.content.codes.includes(index)) return undefined;
  const codes = kept.content.codes.filter((one) => one !== index);
  await changeCredential(keyring, tx, kept.id, { codes });
  return ['otp'];
}

async function checkPasskey(
  { keyring, now }: Ports,
  tx: Tx,
  passkeys: Kind<'passkey'>,
  { response, challenge, site }: Extract<Proof, { way: 'passkey' }>,
): Promise<readonly string[] | undefined> {
  const used = passkeys.find(({ content }) => content.credential === response.id);
  if (!used) return undefined;
  try {
    const passkey = await acceptAssertion(site, used.content, challenge, response);
    await changeCredential(keyring, tx, used.id, { ...used.content, ...passkey, lastUsedAt: now().toISOString() });
    return amrOf(passkey);
  } catch (error) {
    if (error instanceof AppError && error.code === 'passkey_refused') return undefined;
    throw error;
  }
}
