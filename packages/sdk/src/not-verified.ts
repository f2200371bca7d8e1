import { CHECKS, type Check, type CheckId, type EnvironmentVerdict } from '@privexbot/attestation';
import type { ChannelError, ChannelErrorCode } from '@privexbot/secure-channel';

/** The environment did not pass the checks. Nothing but the question who it is was sent to it. */
export class NotVerifiedError extends Error {
  override readonly name = 'NotVerifiedError';
  readonly verdict: EnvironmentVerdict;

  constructor(verdict: EnvironmentVerdict, cause?: unknown) {
    super(describe(verdict), cause === undefined ? undefined : { cause });
    this.verdict = verdict;
  }
}

/** The checks because of which nothing may be sent. */
export function failedChecks({ checks }: Pick<EnvironmentVerdict, 'checks'>): Check[] {
  return checks.filter(({ status }) => status === 'failed' || status === 'unknown');
}

function describe(verdict: EnvironmentVerdict): string {
  const reasons = failedChecks(verdict).map(({ title, explain }) => `“${title}”${explain ? `: ${explain}` : '.'}`);
  return `The environment could not be verified, and nothing was sent to it. Not passed: ${reasons.join(' ')}`;
}

/** Refusals of the handshake itself, which come before there is evidence to look at, as the checks they are. */
const HANDSHAKE_CHECKS: Partial<Record<ChannelErrorCode, CheckId>> = {
  origin_mismatch: 'origin',
  identity_mismatch: 'identity',
  key_config_invalid: 'identity',
  key_config_expired: 'freshness',
  handshake_failed: 'report-data',
};

/** The verdict about an environment that a handshake refused for one of its checks; undefined for all other failures. */
export function verdictOf(error: ChannelError, at: Date): EnvironmentVerdict | undefined {
  const id = HANDSHAKE_CHECKS[error.code];
  if (!id) return undefined;
  return {
    verdict: 'not-verified',
    checkedAt: at.toISOString(),
    environment: { id: '', identityKey: '', identityFingerprint: '', isFirstUse: false },
    models: [],
    checks: [{ id, title: CHECKS[id], status: 'failed', explain: error.message }],
    limits: [],
  };
}
