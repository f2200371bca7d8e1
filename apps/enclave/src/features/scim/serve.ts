/** SCIM 2.0 over HTTP (RFC 7644), at addresses that the protocol prescribes. */
import { ERRORS } from '@privexbot/contract';
import type { Hono, Context as HonoContext } from 'hono';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { toAppError } from '../../http/errors.ts';
import { networkOf } from '../../http/limits.ts';
import { addressOf, type Env } from '../../http/mount.ts';
import { randomBytes } from '../../random.ts';
import { act, type Outcome } from './act.ts';
import { runBulk } from './bulk.ts';
import type { ScimCall } from './call.ts';
import { BODY_BYTES, discover } from './discovery.ts';
import type { Query } from './list.ts';
import type { Method } from './log.ts';
import { isComplex, type Wanted } from './resource.ts';
import { TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';
import { closed, createTokens, type Tokens, unknownToken } from './tokens.ts';
import { createWrites, type Write } from './writes.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'limiter' | 'log' | 'now' | 'newId' | 'config'>;

type Serving = Ports & { readonly tokens: Tokens; readonly write: Write };

const ROOT = '/scim/v2';
const METHODS: ReadonlySet<string> = new Set<Method>(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const PATH = /^\/(Users|Groups)(?:\/([^/]+))?$/;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** `/scim/v2/...` for the token of one connection. */
export function mountScim(app: Hono<Env>, ports: Ports, draining: AbortSignal): void {
  const serving = { ...ports, tokens: createTokens(ports), write: createWrites(ports) };
  app.all(`${ROOT}/*`, (c) => serve(c, serving, draining));
}

async function serve(c: HonoContext<Env>, ports: Serving, draining: AbortSignal): Promise<Response> {
  const requestId = randomBytes(8).toString('hex');
  const started = performance.now();
  const headers = { 'x-request-id': requestId, 'cache-control': 'no-store', 'content-type': 'application/scim+json; charset=utf-8' };
  let response: Response;
  try {
    if (draining.aborted) throw new AppError('shutting_down');
    response = await answer(c, ports, headers);
  } catch (thrown) {
    const error = toScimError(thrown);
    if (error.status === 500) ports.log.error({ requestId, code: toAppError(thrown).code, err: toAppError(thrown) }, 'request failed');
    const seconds = thrown instanceof AppError ? thrown.details.seconds : undefined;
    const more =
      error.status === 401 ? { 'www-authenticate': 'Bearer' } : typeof seconds === 'number' ? { 'retry-after': `${seconds}` } : {};
    response = Response.json(error.toBody(), { status: error.status, headers: { ...headers, ...more } });
  }
  // Paths hold ids only, but queries hold names: neither is logged.
  const ms = Math.round(performance.now() - started);
  ports.log.info(
    { requestId, endpoint: `${METHODS.has(c.req.method) ? c.req.method : 'other'} ${ROOT}`, status: response.status, ms },
    'request',
  );
  return response;
}

async function answer(c: HonoContext<Env>, ports: Serving, headers: Record<string, string>): Promise<Response> {
  const { raw: request } = c.req;
  const url = new URL(request.url);
  const path = readPath(url.pathname);
  const call = await authenticate(c, ports, `${ports.config.publicUrl ?? url.origin}${ROOT}`);
  const method = request.method as Method;
  if (!METHODS.has(method)) throw new ScimError(501, 'This method is not part of SCIM here.');
  // RFC 7644 §3.11: a token is no person.
  if (path === '/Me' || path.startsWith('/Me/')) throw new ScimError(501, 'A token has no self. Ask for people by their id.');
  if (method === 'GET') {
    const found = discover(path, call.base, url.searchParams.has('filter'));
    if (found) return Response.json(found, { headers });
  }
  const body = method === 'GET' || method === 'DELETE' ? undefined : await readBody(request);
  if (path === '/Bulk') {
    if (method !== 'POST') throw notThere();
    return Response.json(await runBulk(ports, call, body, toScimError), { headers });
  }
  const search = /^\/(Users|Groups)\/\.search$/.exec(path);
  if (search && method === 'POST')
    return toResponse(
      await act(ports, call, { method: 'GET', type: typeOf(search[1]), id: undefined, body, ...readSearch(body) }),
      headers,
    );
  const [, kind, id] = PATH.exec(path) ?? [];
  if (!kind) throw notThere();
  const ask = {
    method,
    type: typeOf(kind),
    id,
    body,
    version: request.headers.get('if-match') ?? undefined,
    unless: request.headers.get('if-none-match') ?? undefined,
    ...readQuery(url.searchParams),
  };
  return toResponse(await act(ports, call, ask), headers);
}

function readPath(pathname: string): string {
  try {
    return decodeURIComponent(pathname.slice(ROOT.length)).replace(/\/$/, '');
  } catch {
    throw notThere();
  }
}

/** @throws ScimError 401, 403 */
async function authenticate(c: HonoContext<Env>, ports: Serving, base: string): Promise<ScimCall> {
  const { db, limiter, tokens } = ports;
  const again = async (): Promise<ScimCall> => {
    const found = await tokens.find(c.req.header('authorization') ?? '');
    if (!found) throw unknownToken();
    const { token, provisioning, isClosed } = found;
    if (isClosed) throw closed();
    return { token, org: token.org, connection: token.connection, provisioning, base, again };
  };
  const call = await again().catch(async (error: unknown) => {
    if (error instanceof ScimError && error.status === 401) await limiter.takeExact('sign-in', networkOf(addressOf(c.env)));
    throw error;
  });
  const { token } = call;
  limiter.take('scim', token.id);
  if (!c.env?.channel && !token.plain) {
    await db.audit(token.org, { action: 'refused.sealed_only', actor: token.id, facts: { endpoint: ROOT } });
    throw new ScimError(
      403,
      'This token is for the sealed channel. An Admin can make one that works in plain, which whoever ends TLS can read.',
    );
  }
  return call;
}

async function readBody(request: Request): Promise<unknown> {
  const type = (request.headers.get('content-type') ?? 'application/scim+json').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/scim+json' && type !== 'application/json')
    throw new ScimError(400, 'Send application/scim+json.', 'invalidSyntax');
  const bytes = await readUpTo(request, BODY_BYTES);
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch {
    throw new ScimError(400, 'The body is not JSON in UTF-8.', 'invalidSyntax');
  }
}

async function readUpTo(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new ScimError(413, `The body is larger than ${maxBytes} bytes (maxPayloadSize). Send several.`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

function typeOf(kind: string | undefined) {
  return kind === 'Groups' ? TYPES.Group : TYPES.User;
}

function readQuery(params: URLSearchParams): { wanted: Wanted; query: Query } {
  const get = (name: string) => params.get(name) ?? undefined;
  const names = (name: string) =>
    get(name)
      ?.split(',')
      .map((one) => one.trim())
      .filter(Boolean);
  return {
    wanted: { attributes: names('attributes'), excludedAttributes: names('excludedAttributes') },
    query: {
      filter: get('filter'),
      sortBy: get('sortBy'),
      sortOrder: get('sortOrder'),
      startIndex: get('startIndex'),
      count: get('count'),
    },
  };
}

/** RFC 7644 §3.4.3. */
function readSearch(body: unknown): { wanted: Wanted; query: Query } {
  if (!isComplex(body)) throw new ScimError(400, 'A search is an object.', 'invalidSyntax');
  const given = body as Record<string, unknown>;
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined);
  const names = (name: string) => {
    const value = given[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
  };
  return {
    wanted: { attributes: names('attributes'), excludedAttributes: names('excludedAttributes') },
    query: {
      filter: text('filter'),
      sortBy: text('sortBy'),
      sortOrder: text('sortOrder'),
      startIndex: given.startIndex,
      count: given.count,
    },
  };
}

function toResponse({ status, body, version, location }: Outcome, headers: Record<string, string>): Response {
  const all = { ...headers, ...(version ? { etag: version } : {}), ...(location ? { location } : {}) };
  return body && status !== 204 && status !== 304
    ? Response.json(body, { status, headers: all })
    : new Response(null, { status, headers: all });
}

function notThere(): ScimError {
  return new ScimError(404, 'There is nothing at this address.');
}

const STATUSES = [400, 401, 403, 404, 409, 413, 429, 500, 503] as const;

/** Anything thrown, in the words of RFC 7644 §3.12. */
export function toScimError(thrown: unknown): ScimError {
  if (thrown instanceof ScimError) return thrown;
  const { code, message } = toAppError(thrown);
  const { status } = ERRORS[code];
  const scimType = status === 409 ? 'uniqueness' : undefined;
  return new ScimError(STATUSES.find((one) => one === status) ?? (status < 500 ? 400 : 500), message, scimType);
}
