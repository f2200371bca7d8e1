import { ChannelError } from '../errors.ts';
import { type Bytes, fromUtf8, lengthPrefixed, readU32, utf8 } from './bytes.ts';
import { MAX_CONTENT_BYTES } from './records.ts';

export type HeaderList = readonly (readonly [string, string])[];

export interface RequestHead {
  readonly method: string;
  /** Path with query, beginning with `/`. */
  readonly path: string;
  readonly headers: HeaderList;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Replaces the client's ticket. */
  readonly ticket?: string;
}

/** What crosses the channel; everything else of the outer HTTP is neither sent nor believed (docs/secure-channel.md §7). */
export const REQUEST_HEADERS = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'dpop',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'range',
  'x-request-id',
] as const;

export const RESPONSE_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-language',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'location',
  'retry-after',
  'www-authenticate',
  'x-request-id',
] as const;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const MAX_HEAD_BYTES = 32_768;

export function allowedHeaders(headers: Iterable<readonly [string, string]>, allowed: ReadonlySet<string>): HeaderList {
  return [...headers].filter(([name]) => allowed.has(name));
}

/** `lp(head)`. @throws ChannelError `too_large` if it leaves no room in the first record */
export function encodeHead(head: RequestHead | ResponseHead): Bytes {
  const bytes = lengthPrefixed(utf8(JSON.stringify(head)));
  if (bytes.length > MAX_HEAD_BYTES) throw new ChannelError('too_large');
  return bytes;
}

/** Takes the head off the first record's content. @throws ChannelError `record_refused` */
export function splitHead<T>(content: Uint8Array, check: (value: Record<string, unknown>) => T): { head: T; body: Uint8Array } {
  const end = 4 + readU32(content);
  if (content.length < 4 || end > content.length || end > MAX_CONTENT_BYTES) throw new ChannelError('record_refused');
  try {
    const value: unknown = JSON.parse(fromUtf8(content.subarray(4, end)));
    if (typeof value !== 'object' || value === null) throw new ChannelError('record_refused');
    return { head: check(value as Record<string, unknown>), body: content.subarray(end) };
  } catch (cause) {
    throw new ChannelError('record_refused', cause);
  }
}

export function checkRequestHead({ method, path, headers }: Record<string, unknown>): RequestHead {
  if (typeof method !== 'string' || !METHODS.includes(method)) throw new ChannelError('record_refused');
  // Two slashes would make a host of the first segment.
  if (typeof path !== 'string' || !/^\/(?!\/)[\x21-\x7e]*$/.test(path)) throw new ChannelError('record_refused');
  return { method, path, headers: checkHeaders(headers) };
}

export function checkResponseHead({ status, headers, ticket }: Record<string, unknown>): ResponseHead {
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) throw new ChannelError('record_refused');
  if (ticket !== undefined && typeof ticket !== 'string') throw new ChannelError('record_refused');
  return { status, headers: checkHeaders(headers), ...(ticket !== undefined && { ticket }) };
}

function checkHeaders(headers: unknown): HeaderList {
  if (!Array.isArray(headers) || headers.length > 64) throw new ChannelError('record_refused');
  return headers.map((header: unknown) => {
    const [name, value, ...more] = Array.isArray(header) ? header : [];
    if (typeof name !== 'string' || typeof value !== 'string' || more.length > 0) throw new ChannelError('record_refused');
    return [name, value] as const;
  });
}
