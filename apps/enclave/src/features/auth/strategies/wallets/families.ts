// The three families of wallets: how to read an address, and how to tell that its owner signed a text.

import { verifyCosmos } from './cosmos.ts';
import { readAddress as readCosmos } from './cosmos-address.ts';
import { verifyEvm } from './evm.ts';
import { readAddress as readEvm } from './evm-address.ts';
import { WalletRefused } from './refusal.ts';
import { verifySolana } from './solana.ts';
import { readAddress as readSolana } from './solana-address.ts';
import { type Family, readSignInText, type SignInText } from './text.ts';
import { readDateTime } from './time.ts';

export interface Signed {
  /** In its one spelling. */
  readonly address: string;
  readonly text: string;
  readonly signature: Uint8Array;
  /** Cosmos only: an address does not hold it. */
  readonly publicKey?: Uint8Array | undefined;
}

interface Wallets {
  /** The address in its one spelling. */
  readonly toAddress: (text: string) => string | undefined;
  /** Whose signature it is: what the person is known by. @throws WalletRefused */
  readonly verify: (signed: Signed) => string;
}

export const WALLETS: Record<Family, Wallets> = {
  evm: { toAddress: readEvm, verify: verifyEvm },
  solana: { toAddress: (text) => (readSolana(text) ? text : undefined), verify: verifySolana },
  cosmos: { toAddress: (text) => (readCosmos(text) ? text : undefined), verify: verifyCosmos },
};

const SKEW_MS = 60_000;
const MAX_AGE_MS = 10 * 60_000;

/** What was asked for. Absent where anything goes. */
export interface Asked {
  readonly domain: string;
  /** Only its origin counts. */
  readonly uri: string;
  readonly nonce: string;
  readonly chainId?: string;
  readonly statement?: string;
}

/**
 * Tells who signed the text that was asked for.
 * @returns the subject of the identity
 * @throws WalletRefused
 */
export function verifySigned(family: Family, signed: Signed, asked: Asked, now: Date): string {
  const text = readSignInText(family, signed.text);
  for (const [reason, holds] of Object.entries(CHECKS))
    if (!holds(text, asked, now)) throw new WalletRefused(reason as keyof typeof CHECKS);
  if (text.address !== signed.address) throw new WalletRefused('address');
  return WALLETS[family].verify(signed);
}

const CHECKS = {
  domain: ({ domain, scheme }: SignInText, asked: Asked) =>
    domain === asked.domain && (scheme === undefined || `${scheme}:` === new URL(asked.uri).protocol),
  uri: ({ uri }: SignInText, asked: Asked) => originOf(uri) === originOf(asked.uri),
  chain: ({ chainId }: SignInText, asked: Asked) => asked.chainId === undefined || chainId === asked.chainId,
  nonce: ({ nonce }: SignInText, asked: Asked) => nonce === asked.nonce,
  time: ({ issuedAt, expirationTime, notBefore }: SignInText, _: Asked, now: Date) => {
    const issued = readDateTime(issuedAt)?.getTime() ?? Number.NaN;
    const expires = readDateTime(expirationTime ?? '')?.getTime() ?? Number.NaN;
    const begins = notBefore === undefined ? issued : (readDateTime(notBefore)?.getTime() ?? Number.NaN);
    const at = now.getTime();
    return issued >= at - MAX_AGE_MS && Math.max(issued, begins) <= at + SKEW_MS && expires > at && expires > issued;
  },
  // Resources may hand on rights (ERC-5573): nothing is taken that was not asked for.
  addition: ({ statement, requestId, resources }: SignInText, asked: Asked) =>
    (asked.statement === undefined || statement === asked.statement) && requestId === undefined && resources === undefined,
};

function originOf(uri: string): string | undefined {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  // `URL` knows no origin for other schemes, and user names are not part of one.
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.origin : undefined;
}
