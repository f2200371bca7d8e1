/** The typed client. It is fetched on first use, so that the sign-in page paints without the contract's schemas. */
import type { Client } from '@privexbot/sdk';
import type { Failure } from '@privexbot/ui/failure.ts';

let loading: Promise<Client> | undefined;

export function api(): Promise<Client> {
  loading ??= import('./client.ts').then(({ client }) => client);
  return loading;
}

/** What a screen shows of anything that was thrown. */
export function toFailure(error: unknown): Failure {
  if (isFailure(error)) return error;
  return { code: 'internal', reference: '', retry: true, details: {} };
}

function isFailure(error: unknown): error is Error & Failure {
  return error instanceof Error && error.name === 'ApiError';
}
