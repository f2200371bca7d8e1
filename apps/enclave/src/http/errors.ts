import { ERRORS, type ErrorBody, errorMessage } from '@privexbot/contract';
import type * as z from 'zod';
import { AppError, describeRecord } from '../errors.ts';
import { SealError } from '../keys/seal.ts';

/** Turns anything thrown into an expected failure; what is unexpected becomes `internal`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof SealError) return new AppError('integrity_failed', error.place ? describeRecord(error.place) : {}, { cause: error });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC') return new AppError('storage_full', {}, { cause: error });
  return new AppError('internal', {}, { cause: error });
}

export function errorBody(error: AppError, reference: string): z.output<typeof ErrorBody> {
  const { code, details } = error;
  return {
    error: {
      code,
      type: code,
      message: errorMessage(code, details),
      retry: ERRORS[code].retry,
      reference,
      ...(Object.keys(details).length ? { details } : {}),
    },
  };
}

export function errorResponse(error: AppError, reference: string): Response {
  const headers = new Headers({ 'x-request-id': reference });
  if (typeof error.details.seconds === 'number') headers.set('retry-after', String(error.details.seconds));
  return Response.json(errorBody(error, reference), { status: ERRORS[error.code].status, headers });
}
