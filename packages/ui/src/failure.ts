import type { ErrorCode, ErrorDetails } from '@privexbot/contract';
import type { Translate } from './text/texts.ts';

/** What a screen needs to know of a failed call. The SDK's `ApiError` has this shape. */
export interface Failure {
  readonly code: ErrorCode | 'unreachable';
  /** To be given to an Admin; empty when the server was never reached. */
  readonly reference: string;
  /** Whether the same call may succeed later without a change. */
  readonly retry: boolean;
  readonly details: ErrorDetails;
}

/** The sentences of a failure in the person's language: what happened, what it means, what to do. */
export function failureText(t: Translate, failure: Failure): string {
  return t(`error.${failure.code}`, failure.details);
}
