import type { ErrorCode, ErrorDetails } from '@privexbot/contract';
import type { Translate } from './text/texts.ts';

/** What a screen needs to know of a failed call. The SDK's `ApiError` has this shape. */
export interface Failure {
  readonly code: ErrorCode | 'unreachable' | 'not_verified' | 'answer_damaged';
  /** To be given to an Admin; empty when the server was never reached. */
  readonly reference: string;
  /** Whether the same call may succeed later without a change. */
  readonly retry: boolean;
  readonly details: ErrorDetails;
}

/** What a screen shows of anything that was thrown. */
export function toFailure(error: unknown): Failure {
  // The client wraps what its transport threw, so the reason may lie below.
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (!('code' in inner)) continue;
    if (inner.code === 'not_verified') return { code: 'not_verified', reference: '', retry: false, details: {} };
    // The request may have arrived: it must not be said that nothing was changed.
    if (inner.code === 'record_refused' || inner.code === 'truncated')
      return { code: 'answer_damaged', reference: '', retry: true, details: {} };
  }
  if (error instanceof Error && error.name === 'ApiError') return error as Error & Failure;
  return { code: 'internal', reference: '', retry: true, details: {} };
}

/** The sentences of a failure in the person's language: what happened, what it means, what to do. */
export function failureText(t: Translate, failure: Failure): string {
  const text = t(`error.${failure.code}`, failure.details);
  // A later server may have codes that this page has no words for.
  return text.startsWith('error.') ? t('error.internal') : text;
}
