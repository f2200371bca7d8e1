import type { SsoConnection } from '@privexbot/contract';

/** A certificate that ends within thirty days, or has ended. */
export interface Ending {
  readonly of: 'directory' | 'own';
  readonly at: string;
  readonly hasEnded: boolean;
}

const DAY_MS = 24 * 60 * 60_000;
const TOLD_DAYS = 30;

/** The one that ends first comes first. */
export function endingsOf({ expiresAt, ownExpiresAt }: Pick<SsoConnection, 'expiresAt' | 'ownExpiresAt'>, now = Date.now()): Ending[] {
  const all = [
    { of: 'directory' as const, at: expiresAt },
    { of: 'own' as const, at: ownExpiresAt },
  ];
  return all
    .flatMap(({ of, at }) => (at && Date.parse(at) - now <= TOLD_DAYS * DAY_MS ? [{ of, at, hasEnded: Date.parse(at) <= now }] : []))
    .sort((one, other) => one.at.localeCompare(other.at));
}
