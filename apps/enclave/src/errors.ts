import { type ErrorCode, type ErrorDetails, errorMessage } from '@privexbot/contract';

/** An expected failure. Thrown where found; `http/errors.ts` alone turns it into a response. Details never hold content. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(errorMessage(code, details), options);
    this.code = code;
    this.details = details;
  }
}

/** Names a refused record, and the organization in whose audit log it belongs. */
export function describeRecord({ table, realm, id }: { table: string; realm: string; id: string }): ErrorDetails {
  return { table, id, ...(realm === 'environment' ? {} : { org: realm }) };
}
