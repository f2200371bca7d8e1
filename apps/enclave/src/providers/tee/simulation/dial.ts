import type { CollateralContent } from '@privexbot/attestation/simulation';

/** What a test turns to see how a client takes a machine that is not in order. Nothing set: a machine whose updates are current. */
export interface SimulationDial {
  /** Intel's words. AMD and AWS have no such levels: of them only `Revoked` says something, and only for AMD. */
  readonly tcbStatus?: NonNullable<CollateralContent['status']>;
  readonly advisories?: readonly string[];
  /** Since when the update that an out-of-date machine lacks is to be had. */
  readonly fixedAt?: Date;
  /** When the vendor's statements were made, or Nitro's document: 30 days later, or three hours, they have expired. Default: now. */
  readonly issuedAt?: Date;
  /** Started so that its memory can be looked at. */
  readonly isDebug?: boolean;
}
