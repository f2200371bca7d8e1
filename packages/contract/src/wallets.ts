import * as z from 'zod';
import { Account } from './auth.ts';
import { Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

/** Ethereum and its kin, Solana, and the chains of Cosmos. */
export const WALLET_FAMILIES = ['evm', 'solana', 'cosmos'] as const;

const Asked = z.object({
  family: z.enum(WALLET_FAMILIES),
  /** The account that will sign. */
  address: z.string().min(1).max(130),
  /** The chain the wallet is at: a number for `evm`, a name such as `cosmoshub-4` for `cosmos`; `solana` needs none. */
  chainId: z.string().min(1).max(40).optional(),
});

const Challenge = z.object({
  challenge: z.string(),
  /** The exact text to sign. */
  text: z.string(),
  /** What the text is made of, for wallets that write it themselves (`solana:signIn`). */
  parts: z.object({
    domain: z.string(),
    address: z.string(),
    statement: z.string(),
    uri: z.string(),
    version: z.string(),
    chainId: z.string(),
    nonce: z.string(),
    issuedAt: Time,
    expirationTime: Time,
  }),
});

const Signed = z.object({
  challenge: z.string().regex(/^[\w-]{43}$/, 'expected the id of a challenge'),
  /** As the wallet signed it. */
  text: z.string().max(4_000),
  signature: z.string().regex(/^[\w-]{1,200}$/, 'expected base64url'),
  /** The compressed key of a Cosmos account, whose address does not hold it. */
  publicKey: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'expected base64url')
    .optional(),
});

export const wallets = {
  challenge: endpoint({
    method: 'POST',
    path: '/v1/auth/wallets/challenge',
    summary: 'A text for a wallet to sign, once and on this device, to sign in',
    access: 'public',
    rate: 'challenge',
    audit: null,
    failures: ['device_required'],
    body: Asked,
    response: Challenge,
  }),
  signIn: endpoint({
    method: 'POST',
    path: '/v1/auth/wallets/sign-in',
    summary: 'Sign in with a signed text; an unknown wallet makes an account, where sign-up is open or with an invitation',
    access: 'public',
    rate: 'sign-in',
    audit: 'session.started',
    failures: ['device_required', 'challenge_invalid', 'wallet_refused', 'second_factor_required', 'sign_up_closed', 'link_invalid'],
    body: Signed.extend({ name: Name.optional(), organization: Name.optional(), invitation: z.string().min(20).max(100).optional() }),
    response: Account,
  }),
  linkChallenge: endpoint({
    method: 'POST',
    path: '/v1/auth/wallets/link/challenge',
    summary: 'A text for a wallet to sign, once and on this device, to make it a way in of the own account',
    access: 'account',
    fresh: true,
    rate: 'write',
    audit: null,
    failures: ['device_required'],
    body: Asked,
    response: Challenge,
  }),
  link: endpoint({
    method: 'POST',
    path: '/v1/auth/wallets/link',
    summary: 'Make the wallet that signed a text a way in of the own account',
    access: 'account',
    rate: 'write',
    audit: 'identity.linked',
    failures: ['device_required', 'challenge_invalid', 'wallet_refused', 'identity_taken'],
    body: Signed,
    response: z.object({ id: idSchema('identity'), label: z.string() }),
  }),
};
