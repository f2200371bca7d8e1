/** Why a wallet's answer counts for nothing. Said to the person: each names what a wallet or page did, no secret. */
export const REFUSALS = {
  text: 'the text is not a sign-in text',
  domain: 'the text names another site',
  uri: 'the text names another address',
  chain: 'the text names another chain',
  nonce: 'the text is not the one asked for',
  time: 'the text is too old, or not valid yet',
  addition: 'the text says more, or something else, than asked for',
  address: 'another account answered',
  signature: 'the signature does not fit the text and the account',
} as const;

export type Refusal = keyof typeof REFUSALS;

export class WalletRefused extends Error {
  override readonly name = 'WalletRefused';
  readonly reason: Refusal;

  constructor(reason: Refusal, options?: ErrorOptions) {
    super(REFUSALS[reason], options);
    this.reason = reason;
  }
}
