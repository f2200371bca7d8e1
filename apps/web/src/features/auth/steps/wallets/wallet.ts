/** What the page asks of any wallet, whatever it is called and however it is found. */
import type { Call, Contract, Output } from '@privexbot/contract';

export type Asked = Call<Contract['wallets']['challenge']>['body'];
export type Challenge = Output<Contract['wallets']['challenge']>;
export type Family = Asked['family'];

export interface FoundWallet {
  readonly id: string;
  readonly family: Family;
  /** As it calls itself; empty where it does not say. */
  readonly name: string;
  /** An image as `data:`, which it brings itself. */
  readonly icon?: string;
  /** Asks the person for an account, in the wallet's own window. @throws WalletProblem */
  connect(options: { readonly cosmosChain: string }): Promise<ConnectedWallet>;
}

export interface ConnectedWallet {
  readonly asked: Asked;
  /** @throws WalletProblem */
  sign(challenge: Challenge): Promise<SignedText>;
}

export interface SignedText {
  readonly text: string;
  readonly signature: Uint8Array;
  readonly publicKey?: Uint8Array;
}

/** Finds wallets of one family, now and later; returns what stops the search. */
export type Watch = (add: (wallet: FoundWallet) => void, page?: EventTarget & object) => () => void;

/** Each has a sentence and a way back. */
export const PROBLEMS = ['declined', 'pending', 'no_account', 'unsupported', 'failed'] as const;

export class WalletProblem extends Error {
  override readonly name = 'WalletProblem';
  readonly code: (typeof PROBLEMS)[number];

  constructor(code: WalletProblem['code'], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** What wallets mean by what they throw: EIP-1193 numbers, and words where there are none. */
export function toProblem(thrown: unknown): WalletProblem {
  if (thrown instanceof WalletProblem) return thrown;
  const { code, message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { code?: unknown; message?: unknown };
  const words = typeof message === 'string' ? message : '';
  if (code === 4001 || /reject|denied|declin|cancel/i.test(words)) return new WalletProblem('declined', { cause: thrown });
  if (code === -32002) return new WalletProblem('pending', { cause: thrown });
  if (code === 4200 || code === -32601) return new WalletProblem('unsupported', { cause: thrown });
  return new WalletProblem('failed', { cause: thrown });
}

/** Runs what a wallet does. @throws WalletProblem */
export async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProblem(error);
  }
}

/** Only images that load nothing from elsewhere. */
export function safeIcon(icon: unknown): { icon?: string } {
  return typeof icon === 'string' && /^data:image\/(?:png|svg\+xml|webp|gif|jpeg);/.test(icon) ? { icon } : {};
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
