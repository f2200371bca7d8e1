import type { ErrorCode, ErrorDetails } from '@privexbot/contract';

/** A failed call: the contract's code, its public sentence and the reference to give to an Admin. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode | 'unreachable';
  readonly status: number;
  readonly retry: boolean;
  readonly reference: string;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode | 'unreachable',
    message: string,
    more: { status?: number; retry?: boolean; reference?: string; details?: ErrorDetails | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.retry = more.retry ?? true;
    this.reference = more.reference ?? '';
    this.details = more.details ?? {};
  }
}

/** The failure that an answer tells. Read without the contract's schemas, which are larger than all else that a visitor's page needs. */
export async function toError(response: Response): Promise<ApiError> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const error = isObject(body) ? body.error : undefined;
  if (!isObject(error) || typeof error.code !== 'string' || typeof error.message !== 'string')
    return new ApiError('internal', `The server answered with status ${status}.`, { status });
  const { code, message, retry, reference, details } = error;
  return new ApiError(code as ErrorCode, message, {
    status,
    retry: retry === true,
    reference: typeof reference === 'string' ? reference : '',
    details: isObject(details) ? (details as ErrorDetails) : {},
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
