import type * as z from 'zod';
import type { ErrorCode } from './error-codes.ts';
import type { RateClass } from './limits.ts';
import type { Permission } from './permissions.ts';

/**
 * Who may call: anybody; a signed-in person acting on the own account; or somebody whose role in the organization holds the permission.
 * The organization is the `:org` of the path, or that of the API key where the path names none.
 */
export type Access = 'public' | 'account' | Permission;

/** A domain and a verb, such as `bot.published`. Written with the change, or before content is handed out. */
export type AuditAction = `${string}.${string}`;

/** An endpoint as a plain value. Server, SDK, CLI, web, OpenAPI and the contract tests all read the same one. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v1/...` with `:name` parameters; elsewhere only where others prescribe the path. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly access: Access;
  readonly rate: RateClass;
  /** What the call leaves in the audit log; `null` where it neither changes state nor reads content. */
  readonly audit: AuditAction | null;
  /** May be called outside the sealed channel, by programs that know no other way: whoever ends TLS can read it. */
  readonly plain?: true;
  /**
   * Needs a session whose person proved who they are within the last minutes (`FRESH_MS`): for what an unwatched device must not do.
   * An API key passes, since such a proof made it for what it may do; unless a `person` has to be there.
   */
  readonly fresh?: true | 'person';
  /** Answers for an organization that is suspended or about to be deleted, too. */
  readonly whileClosed?: true;
  /** Expected failures beyond those every endpoint may have (see `COMMON_FAILURES`). */
  readonly failures: readonly ErrorCode[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A JSON body. */
  readonly body?: z.ZodType;
  /** A raw body, streamed past the schemas; refused past this size. */
  readonly binary?: { readonly maxBytes: number };
  /** A JSON answer; without it, `events` or `download` the answer is 204. */
  readonly response?: z.ZodType;
  /** A stream of server-sent events, each `data:` one JSON value of this schema. */
  readonly events?: z.ZodType;
  /** A raw answer with its own content type. */
  readonly download?: true;
}

/** Keeps the literal type of an endpoint while checking its shape. */
export function endpoint<const E extends Endpoint>(value: E): E {
  return value;
}

type Part<E, K extends keyof E> = E[K] extends z.ZodType ? z.output<E[K]> : undefined;
type Sent<E, K extends keyof E> = E[K] extends z.ZodType ? z.input<E[K]> : undefined;
type Defined<T> = { [K in keyof T as T[K] extends undefined ? never : K]: T[K] };

/** What a handler receives: the parsed parts an endpoint declares. */
export type Input<E extends Endpoint> = Defined<{
  params: 'params' extends keyof E ? Part<E, 'params' & keyof E> : undefined;
  query: 'query' extends keyof E ? Part<E, 'query' & keyof E> : undefined;
  body: 'body' extends keyof E ? Part<E, 'body' & keyof E> : 'binary' extends keyof E ? ReadableStream<Uint8Array> : undefined;
}>;

/** What a caller sends: the same parts before parsing, so that defaults and the query may be left out. */
export type Call<E extends Endpoint> = Defined<{
  params: 'params' extends keyof E ? Sent<E, 'params' & keyof E> : undefined;
  body: 'body' extends keyof E ? Sent<E, 'body' & keyof E> : 'binary' extends keyof E ? Uint8Array<ArrayBuffer> | Blob : undefined;
}> &
  ('query' extends keyof E ? { query?: Sent<E, 'query' & keyof E> } : unknown);

/** What comes back: a value, a stream of events, a raw response, or nothing. */
export type Output<E extends Endpoint> = E extends { events: infer S extends z.ZodType }
  ? AsyncIterable<z.output<S>>
  : E extends { download: true }
    ? Response
    : E extends { response: infer S extends z.ZodType }
      ? z.output<S>
      : undefined;
