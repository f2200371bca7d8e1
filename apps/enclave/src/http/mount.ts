import {
  type Contract,
  contract,
  type Endpoint,
  type ErrorCode,
  FRESH_MS,
  hasPermission,
  type Input,
  LIMITS,
  type OrgId,
  PERMISSIONS,
  type Permission,
  RATE_OF_ORGANIZATION,
  type Role,
  type UserId,
  type WorkspaceId,
} from '@privexbot/contract';
import type { Hono, Context as HonoContext } from 'hono';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { randomBytes } from '../random.ts';
import { errorResponse, toAppError } from './errors.ts';
import { eventResponse } from './events.ts';
import type { Once } from './idempotency.ts';
import { networkOf, type RateLimiter } from './limits.ts';
import { isInside } from './networks.ts';
import { type OpenCall, OpenCalls } from './open-calls.ts';
import type { AccountScope, CallingKey, ChannelCaller, Identity, OrgScope, Principal, PublicScope } from './scope.ts';

type ScopeOf<E extends Endpoint> = E['access'] extends 'public' ? PublicScope : E['access'] extends 'account' ? AccountScope : OrgScope;

/** What a handler returns: a value, events, a raw response, or nothing that is looked at. */
type Result<E extends Endpoint> = E extends { events: { _zod: { output: infer T } } }
  ? AsyncIterable<T>
  : E extends { download: true }
    ? Response
    : E extends { response: { _zod: { input: infer T } } }
      ? T
      : unknown;

/** One handler per endpoint of a feature. Leaving one out is a type error. */
export type Handlers<F extends keyof Contract> = {
  [N in keyof Contract[F]]: Contract[F][N] extends Endpoint
    ? (scope: ScopeOf<Contract[F][N]>, input: Input<Contract[F][N]>) => Promise<Result<Contract[F][N]>> | Result<Contract[F][N]>
    : never;
};

export type AllHandlers = { [F in keyof Contract]: Handlers<F> };

interface Ports {
  readonly db: Database;
  readonly identity: Identity;
  readonly limiter: RateLimiter;
  readonly once: Once;
  readonly now: () => Date;
  readonly log: Log;
  /** Aborted when the server drains. */
  readonly draining: AbortSignal;
  readonly origin: (request: Request) => string;
}

/** Who is calling, as far as it is known. */
interface Caller {
  actor: string;
  user: UserId | undefined;
  org: OrgId | undefined;
}

type Handler = (scope: PublicScope | AccountScope | OrgScope, input: object) => Promise<unknown>;
/** What the server's listener hands to the app, and the sealed channel where a request came through it. */
export type Env = { Bindings: { address?: string; channel?: ChannelCaller | undefined } };

const decoder = new TextDecoder();

/** Mounts every endpoint of the contract on the app. */
export function mountAll(app: Hono<Env>, handlers: AllHandlers, ports: Ports): void {
  const calls = new OpenCalls(() => ports.db.heads.changes);
  for (const [feature, endpoints] of Object.entries(contract))
    for (const [name, endpoint] of Object.entries(endpoints) as [string, Endpoint][]) {
      const handler = (handlers as unknown as Record<string, Record<string, Handler>>)[feature]?.[name];
      if (!handler) throw new Error(`no handler for ${feature}.${name}`);
      app.on(endpoint.method, endpoint.path, (c) => serve(c, endpoint, handler, ports, calls));
    }
  app.notFound(() => errorResponse(new AppError('not_found'), newRequestId()));
  // What pages and health checks throw; endpoints answer for themselves.
  app.onError((thrown) => {
    const error = toAppError(thrown);
    const requestId = newRequestId();
    // What anybody can bring about must not fill the log.
    if (isUnexpected(error)) ports.log.error({ requestId, code: error.code, err: error }, 'request failed');
    return errorResponse(error, requestId);
  });
}

/** The caller's network address, for rate limits. */
export function addressOf(env: Env['Bindings'] | undefined): string {
  return env?.address ?? 'in process';
}

function newRequestId(): string {
  return randomBytes(8).toString('hex');
}

async function serve(c: HonoContext<Env>, endpoint: Endpoint, handler: Handler, ports: Ports, calls: OpenCalls): Promise<Response> {
  const requestId = newRequestId();
  const started = performance.now();
  const request = c.req.raw;
  const caller: Caller = { actor: 'visitor', user: undefined, org: undefined };
  const call =
    endpoint.access === 'public'
      ? undefined
      : calls.open(
          request.signal,
          () => requireStill(endpoint, c.req.param(), scope, ports, caller),
          ({ code }) => void auditEnd(code, endpoint, caller, ports),
        );
  const fail = async (thrown: unknown): Promise<AppError> => {
    // Nobody waits for the answer to a request that was given up.
    const error = request.signal.aborted ? new AppError('shutting_down') : (call?.ended ?? toAppError(thrown));
    if (!call?.ended) await report(error, endpoint, requestId, caller, ports);
    return error;
  };
  const scope: PublicScope = {
    requestId,
    request,
    channel: c.env?.channel,
    signal: call?.signal ?? request.signal,
    address: addressOf(c.env),
    headers: new Headers({ 'x-request-id': requestId, 'cache-control': 'no-store' }),
    origin: ports.origin(request),
    fail,
  };
  let response: Response;
  try {
    if (ports.draining.aborted) throw new AppError('shutting_down');
    const entered = await enter(endpoint, c.req.param(), scope, ports, caller);
    const input = await readInput(c, endpoint, scope.signal);
    // A body may come slowly, and its sender have lost the right meanwhile.
    if (call?.ended) throw call.ended;
    response = toResponse(endpoint, await ports.once(scope, () => handler(entered, input)), scope, call);
  } catch (thrown) {
    call?.close();
    response = errorResponse(await fail(thrown), requestId);
  }
  ports.log.info(
    { requestId, endpoint: `${endpoint.method} ${endpoint.path}`, status: response.status, ms: Math.round(performance.now() - started) },
    'request',
  );
  return response;
}

/** Decides who is calling and whether they may; fills in `caller` as far as it is known. */
async function enter(
  endpoint: Endpoint,
  params: Record<string, string>,
  scope: PublicScope,
  ports: Ports,
  caller: Caller,
): Promise<PublicScope | AccountScope | OrgScope> {
  const { access } = endpoint;
  if (!scope.channel && !endpoint.plain) throw new AppError('sealed_only');
  if (access === 'public') {
    await ports.limiter.admit(endpoint.rate, await strangerOf(endpoint, scope, ports));
    return scope;
  }
  const principal = await ports.identity.authenticate(scope.request, scope.channel);
  caller.actor = principal.key?.id ?? principal.user;
  caller.user = principal.user;
  await ports.limiter.admit(endpoint.rate, caller.actor);
  if (access === 'account') {
    const { user, session, facts } = principal;
    if (!session || !facts || principal.within) throw new AppError('not_signed_in');
    await requireFresh(endpoint, principal, ports);
    return { ...scope, user, session, facts };
  }
  return enterOrganization(endpoint, access, params, principal, scope, ports, caller);
}

/** By what somebody unknown is limited: where a device signed in before, whoever shares its network takes nothing from it. */
async function strangerOf({ rate }: Endpoint, { address, channel }: PublicScope, { identity }: Ports): Promise<string> {
  const device = rate === 'sign-in' ? channel?.device : undefined;
  return device && (await identity.isKnownDevice(device)) ? device : networkOf(address);
}

async function enterOrganization(
  endpoint: Endpoint,
  permission: Permission,
  params: Record<string, string>,
  principal: Principal,
  scope: PublicScope,
  ports: Ports,
  caller: Caller,
): Promise<OrgScope> {
  const { org, role } = await requireRights(endpoint, permission, params, principal, scope, ports, caller);
  await requireFresh(endpoint, principal, ports);
  const { db } = ports;
  await ports.limiter.admit(endpoint.rate, org, RATE_OF_ORGANIZATION);
  const { actor } = caller;
  const { key } = principal;
  if (key) ports.identity.noteUse(key, scope.address);
  return {
    ...scope,
    org,
    role,
    facts: principal.facts,
    key,
    can: (wanted) => hasPermission(role, wanted) && isInScope(key, wanted),
    user: principal.user,
    actor,
    transaction: (fn) => db.transaction(org, actor, fn),
    audit: (action, target, facts) => db.audit(org, { action, actor, target, ...(facts ? { facts } : {}) }),
  };
}

/** The organization of a call and the caller's role there, where that role may make it. */
async function requireRights(
  endpoint: Endpoint,
  permission: Permission,
  params: Record<string, string>,
  principal: Principal,
  scope: PublicScope,
  { identity }: Ports,
  caller: Caller,
): Promise<{ org: OrgId; role: Role }> {
  // Sessions name their organization in the path; an API key, and most access tokens, work in one only.
  const own = principal.key ?? principal.within;
  const org = (params.org ?? own?.org) as OrgId | undefined;
  if (!org) throw new AppError('not_signed_in');
  const isElsewhere = own !== undefined && own.org !== org;
  const role = isElsewhere ? undefined : await identity.findRole(principal.user, org, params.workspace as WorkspaceId | undefined);
  if (!role) throw new AppError(!isElsewhere && (await identity.isSuspended(principal.user, org)) ? 'suspended' : 'not_found');
  caller.org = org;
  if (!endpoint.whileClosed && (await identity.isClosed(org))) throw new AppError('organization_closed');
  await identity.admit(principal, org, scope.address);
  refuseUnsealed(endpoint, scope, principal, role);
  if (!hasPermission(role, permission)) throw new AppError('not_allowed', { allows: PERMISSIONS[permission].allows });
  refuseOutOfLimits(permission, scope, principal);
  const workspace = principal.within?.workspace;
  if (workspace && workspace !== params.workspace) throw new AppError('not_found');
  if (params.workspace && !(await identity.hasWorkspace(org, params.workspace as WorkspaceId))) throw new AppError('not_found');
  return { org, role };
}

/** The same for a call under way, whose caller may have lost the session, the key, the role or the workspace. @throws AppError */
async function requireStill(
  endpoint: Endpoint,
  params: Record<string, string>,
  scope: PublicScope,
  ports: Ports,
  caller: Caller,
): Promise<void> {
  const { access } = endpoint;
  if (!caller.user || access === 'public') return;
  const principal = await ports.identity.authenticate(scope.request, scope.channel);
  // Somebody else may have signed in on the same device.
  if (principal.user !== caller.user) throw new AppError('not_signed_in');
  if (access !== 'account') await requireRights(endpoint, access, params, principal, scope, ports, caller);
}

async function auditEnd(code: ErrorCode, { method, path }: Endpoint, { actor, org }: Caller, { db }: Ports): Promise<void> {
  const facts = { endpoint: `${method} ${path}`, code };
  await db.audit(org ?? 'environment', { action: 'access.ended', actor, facts }).catch(() => undefined);
}

/** What an unwatched device must not do, and some of it no API key. @throws AppError `step_up_required` with the ways to prove again who one is */
async function requireFresh({ fresh }: Endpoint, { user, facts, key }: Principal, { identity, now }: Ports): Promise<void> {
  if (!fresh || (key && fresh !== 'person')) return;
  if (key) throw new AppError('person_required');
  if (facts && now().getTime() - facts.authTime.getTime() < FRESH_MS) return;
  throw new AppError('step_up_required', { ways: (await identity.waysToProve(user)).join(', ') });
}

/** Outside the channel only keys count that were made for it by somebody who may still do so; and those open nothing else. */
function refuseUnsealed(endpoint: Endpoint, { channel }: PublicScope, { key }: Principal, role: Role): void {
  // Whoever ends TLS has such a key: it must not open the rest to them, sealed or not.
  if (key?.plain && !endpoint.plain) throw new AppError('plain_key');
  const isAllowed = key?.plain && hasPermission(role, 'people.manage');
  if (!channel && !isAllowed) throw new AppError('sealed_only');
}

/** A key may be made for less than its maker may, and for some networks only. */
function refuseOutOfLimits(permission: Permission, { address }: PublicScope, { key }: Principal): void {
  if (key && !isInside(key.networks, address)) throw new AppError('key_network');
  if (!isInScope(key, permission)) throw new AppError('key_scope', { allows: PERMISSIONS[permission].allows });
}

function isInScope(key: CallingKey | undefined, permission: Permission): boolean {
  return !key?.scopes || key.scopes.includes(permission);
}

async function readInput(c: HonoContext<Env>, endpoint: Endpoint, signal: AbortSignal): Promise<object> {
  const input: Record<string, unknown> = {};
  if (endpoint.params) {
    const params = endpoint.params.safeParse(c.req.param());
    if (!params.success) throw new AppError('not_found');
    input.params = params.data;
  }
  if (endpoint.query) input.query = parse(endpoint.query, c.req.query());
  if (endpoint.body) input.body = parse(endpoint.body, await readJson(c.req.raw));
  if (endpoint.binary) {
    refuseLarger(c.req.raw, endpoint.binary.maxBytes);
    const body = c.req.raw.body ?? new ReadableStream({ start: (controller) => controller.close() });
    input.body = body.pipeThrough(new TransformStream(), { signal });
  }
  return input;
}

async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request, LIMITS.jsonBodyBytes);
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw new AppError('bad_request', { problem: 'the body is not JSON' });
  }
}

/** Reads a body no further than its limit; a length may be missing. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  refuseLarger(request, maxBytes);
  // The listener ends a body at the length it names; reading such a one at once is the fastest.
  const bytes = request.headers.has('content-length') ? new Uint8Array(await request.arrayBuffer()) : await readUpTo(request, maxBytes);
  refuseOver(maxBytes, bytes.length);
  return decoder.decode(bytes);
}

async function readUpTo(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

function refuseLarger(request: Request, maxBytes: number): void {
  refuseOver(maxBytes, Number(request.headers.get('content-length') ?? 0));
}

function refuseOver(maxBytes: number, sizeBytes: number): void {
  if (sizeBytes > maxBytes) throw new AppError('too_large', { limit: `${maxBytes / 1024 / 1024} MiB` });
}

/** Names the field and the rule, never the value. */
function parse(schema: NonNullable<Endpoint['body']>, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'the body';
  throw new AppError('bad_request', { problem: `${field}: ${issue?.message ?? 'not as expected'}`, field });
}

function toResponse(endpoint: Endpoint, result: unknown, scope: PublicScope, call: OpenCall | undefined): Response {
  const { headers } = scope;
  if (endpoint.events) {
    const events = result as AsyncIterable<unknown>;
    return eventResponse(call ? call.follow(events) : events, scope);
  }
  if (result instanceof Response) {
    const response = call ? guarded(result, call) : result;
    for (const [name, value] of headers) if (!response.headers.has(name)) response.headers.append(name, value);
    return response;
  }
  call?.close();
  return endpoint.response ? Response.json(result, { headers }) : new Response(null, { status: 204, headers });
}

/** What is whole when it is handed over needs no watching. */
function guarded(response: Response, call: OpenCall): Response {
  if (response.body && response.headers.get('content-type') !== 'application/json')
    return new Response(call.guard(response.body), response);
  call.close();
  return response;
}

function isUnexpected({ code }: AppError): boolean {
  return code === 'internal' || code === 'integrity_failed';
}

/** Refusals that may be attempts leave an entry; unexpected errors go to the log without content. */
async function report(error: AppError, endpoint: Endpoint, requestId: string, caller: Caller, { db, log }: Ports): Promise<void> {
  if (isUnexpected(error)) log.error({ requestId, code: error.code, details: error.details, err: error }, 'request failed');
  if (AUDITED.has(error.code) && (caller.actor !== 'visitor' || error.code === 'integrity_failed')) {
    const facts = { endpoint: `${endpoint.method} ${endpoint.path}`, ...error.details };
    // Where a stored record names its organization, that organization's Admin learns of it, whoever met it.
    const realm = (error.details.org as OrgId | undefined) ?? caller.org ?? 'environment';
    await db.audit(realm, { action: `refused.${error.code}`, actor: caller.actor, facts }).catch(() => undefined);
  }
}

const AUDITED: ReadonlySet<string> = new Set([
  'sso_required',
  'mfa_required',
  'policy_refused',
  'not_found',
  'not_allowed',
  'unknown_model',
  'sealed_only',
  'plain_key',
  'key_scope',
  'key_network',
  'integrity_failed',
]);
