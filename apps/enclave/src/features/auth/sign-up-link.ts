/**
 * Links that make an account: mailed to an address that nobody has, so that asking for a link tells nobody who has one. The
 * address travels in the link, sealed; whoever opens it has proven it. Once it was used the address is taken.
 */
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { SealError } from '../../keys/seal.ts';

const TTL_MS = 15 * 60_000;
/** What comes of it, which the page that it opens says beforehand: an organization of one's own, or a place in another. */
const PREFIXES = { own: 'new.', invited: 'join.' };
const AAD = new TextEncoder().encode('sign-up link');

interface Content {
  readonly email: string;
  readonly invitation?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export function createSignUpLink(
  keyring: Keyring,
  { email, invitation }: { readonly email: string; readonly invitation?: string | undefined },
  origin: string,
  now: Date,
): string {
  const content: Content = { email, ...(invitation ? { invitation } : {}), expiresAt: now.getTime() + TTL_MS };
  const sealed = keyring.environment.seal(AAD, Buffer.from(JSON.stringify(content)));
  return `${origin}/link#${invitation ? PREFIXES.invited : PREFIXES.own}${Buffer.from(sealed).toString('base64url')}`;
}

export function isSignUpToken(token: string): boolean {
  return Object.values(PREFIXES).some((prefix) => token.startsWith(prefix));
}

/** @throws AppError `link_invalid` */
export function readSignUpToken(keyring: Keyring, token: string, now: Date): Content {
  try {
    const sealed = Buffer.from(token.slice(token.indexOf('.') + 1), 'base64url');
    const content = JSON.parse(Buffer.from(keyring.environment.open(AAD, sealed)).toString()) as Content;
    if (content.expiresAt <= now.getTime()) throw new AppError('link_invalid');
    return content;
  } catch (cause) {
    throw cause instanceof SealError ? new AppError('link_invalid', {}, { cause }) : cause;
  }
}
