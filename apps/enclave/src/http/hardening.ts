/** What holds for everything outside the sealed channel: headers that narrow what a browser does with it, and calls that other sites' pages make. */
import { AppError } from '../errors.ts';
import { randomBytes } from '../random.ts';
import { errorResponse } from './errors.ts';

/** For what is no page: nothing of it runs, loads or is framed, whatever a browser takes it for. */
const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
];
/** Two years, as browsers' lists of known hosts ask for. */
const TRANSPORT_SECURITY = 'max-age=63072000; includeSubDomains';
/** Where others' pages post by design. Each proves who asked by a one-time state, and grants nothing. */
const POSTED_FROM_ELSEWHERE = /^\/sso\/[^/]+\/(?:acs|slo)$/;
/** Sealed bytes: whoever can make them holds a session's keys. */
const SEALED = '/channel';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The refusal of what a page of another site makes a browser send; undefined for everything else. Nothing here is granted by cookies or
 * addresses, so such a call could do little; but no such call is meant.
 */
export function refuseForeignOrigin(request: Request, ownOrigin: string): Response | undefined {
  if (SAFE_METHODS.has(request.method)) return undefined;
  const { pathname } = new URL(request.url);
  if (pathname === SEALED || POSTED_FROM_ELSEWHERE.test(pathname)) return undefined;
  const origin = request.headers.get('origin');
  const site = request.headers.get('sec-fetch-site');
  const isForeign = origin === null ? site === 'cross-site' || site === 'same-site' : origin !== ownOrigin;
  return isForeign ? errorResponse(new AppError('origin_refused'), randomBytes(8).toString('hex')) : undefined;
}

/** The same answer with what every plain one carries; headers that it has of its own stay. */
export function harden(response: Response, isHttps: boolean): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of DEFAULTS) if (!headers.has(name)) headers.set(name, value);
  if (isHttps) headers.set('strict-transport-security', TRANSPORT_SECURITY);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
