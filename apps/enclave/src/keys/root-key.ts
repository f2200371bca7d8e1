import type { RootKeySourceKind } from '@privexbot/contract';
import { StartProblem } from '../start-problem.ts';

/** Where root keys can come from. What each can promise stands in `ROOT_KEY_SOURCES` of the contract. */
export type RootKeyKind = RootKeySourceKind;

/**
 * Holds the epoch keys, under which every stored key is wrapped. Destroying an epoch key at its source closes every
 * copy of what was wrapped under it, in backups too. Callers see to it that no two servers make or destroy epochs at once.
 */
export interface RootKeySource {
  readonly kind: RootKeyKind;
  /** 32 bytes that the embedded database's passwords are derived from, made where there are none. They open no content. */
  databaseSecret(): Promise<Uint8Array>;
  /** Numbers of the epochs that are there, ascending. */
  epochs(): Promise<readonly number[]>;
  /** Makes the key of an epoch, or opens the one that is there. @returns 32 bytes */
  createEpoch(epoch: number): Promise<Uint8Array>;
  /** @returns 32 bytes; @throws RootKeyProblem `missing` if the source does not hold that epoch */
  openEpoch(epoch: number): Promise<Uint8Array>;
  /** Returns when the source no longer opens the epoch; one that is not there is no matter. */
  destroyEpoch(epoch: number): Promise<void>;
}

/** What a source failed with: each needs something else from whoever runs the machine. */
export type RootKeyFailure = 'missing' | 'damaged' | 'refused' | 'unreachable' | 'storage_full';

/** A source of root keys did not do what it was asked for. The message says what to do, and holds no secret. */
export class RootKeyProblem extends StartProblem {
  readonly failure: RootKeyFailure;

  constructor(failure: RootKeyFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

export const EPOCH_KEY_BYTES = 32;
export const NOTHING_CHANGED = 'Nothing was changed.';

/** The problem of an epoch that a source does not hold. */
export function missingEpoch(source: string, epoch: number): RootKeyProblem {
  return new RootKeyProblem(
    'missing',
    `${source} holds no key for epoch ${epoch}: it does not belong to this data, or that key was destroyed. Set PRIVEXBOT_ROOT_KEY to the source that was used with this data. ${NOTHING_CHANGED}`,
  );
}
