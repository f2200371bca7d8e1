import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import { isPublicAddress, literalAddress, namesHost } from './address.ts';
import { OutboundError } from './error.ts';
import { exchange } from './exchange.ts';

export interface OutboundInit {
  /** What the call is for, as it shows in the log. */
  readonly purpose: 'model' | 'embeddings' | 'page' | 'directory' | 'dns' | 'audit';
  /** Who chose the address: whoever runs the machine (its host may be private) or somebody at a screen (it may not). */
  readonly trust: 'operator' | 'typed';
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly maxResponseBytes: number;
  /** From the call to the last byte of the answer, redirects included. */
  readonly timeoutMs: number;
  /** How long the peer may be silent, at any point. */
  readonly idleTimeoutMs?: number;
  /** 0 refuses every redirect. */
  readonly maxRedirects: number;
  readonly signal?: AbortSignal;
  /** The only hosts (`host` or `host:port`) this call may reach, redirects included. */
  readonly egress?: readonly string[];
}

/** The one way out of the enclave by HTTP. */
export interface Outbound extends AsyncDisposable {
  /**
   * Sends a request and streams the answer, any status included; `response.url` is the address it finally came from.
   * @throws OutboundError, also while the body is read
   */
  request(url: string | URL, init: OutboundInit): Promise<Response>;
  /** Refuses, before it is ever called, an address that nobody at a screen may name. @throws OutboundError */
  refusePrivate(url: string): Promise<void>;
  /**
   * The look-up for a socket to `host:port` that speaks another protocol: it finds only addresses that this host may have.
   * @throws OutboundError where the host is itself an address that it may not be
   */
  lookupFor(host: string, port: number): LookupFunction;
  close(): Promise<void>;
}

export interface OutboundOptions {
  /** `host` or `host:port`, set by whoever runs the machine: these may have a private address, for every caller. */
  readonly privateHosts: ReadonlySet<string>;
  readonly log: { info(fields: object, message: string): void };
  /** All addresses of a name; the system's resolver by default. */
  readonly resolve?: (hostname: string) => Promise<LookupAddress[]>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS_PER_ORIGIN = 256;
const OWN_HEADERS = { 'user-agent': 'PrivexBot', 'accept-encoding': 'identity' };

export function createOutbound({ privateHosts, log, resolve = resolveAll }: OutboundOptions): Outbound {
  // Two pools, so that a connection to a named private host is never reused by a call that may only reach public ones.
  const lookups = { public: lookupBy(resolve, isPublicAddress), any: lookupBy(resolve, () => true) };
  const publicOnly = createAgent(lookups.public);
  const unchecked = createAgent(lookups.any);

  function agentFor(url: URL, namedByOperator: boolean): Agent {
    if (namedByOperator || namesHost(privateHosts, url)) return unchecked;
    const address = literalAddress(url);
    if (address !== undefined && !isPublicAddress(address)) throw new OutboundError('private_address', url.host);
    return publicOnly;
  }

  async function request(target: string | URL, init: OutboundInit): Promise<Response> {
    const startedMs = performance.now();
    let hop: Hop = { url: parseUrl(target), method: init.method ?? 'GET', headers: { ...OWN_HEADERS, ...init.headers }, body: init.body };
    for (let redirects = 0; ; redirects++) {
      const { url } = hop;
      if (init.egress && !namesHost(init.egress, url)) throw new OutboundError('egress_denied', url.host);
      const response = await exchange(agentFor(url, init.trust === 'operator' && redirects === 0), url, {
        ...hop,
        maxResponseBytes: init.maxResponseBytes,
        deadlineMs: startedMs + init.timeoutMs,
        idleTimeoutMs: init.idleTimeoutMs,
        signal: init.signal,
        onEnd: (end) =>
          log.info({ purpose: init.purpose, host: url.host, ...end, ms: Math.round(performance.now() - startedMs) }, 'outbound'),
      });
      const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (location === null) return response;
      await response.body?.cancel();
      if (redirects === init.maxRedirects) throw new OutboundError('too_many_redirects', url.host);
      hop = redirect(hop, response.status, parseUrl(location, url));
    }
  }

  async function refusePrivate(target: string): Promise<void> {
    const url = parseUrl(target);
    if (agentFor(url, false) === unchecked || literalAddress(url) !== undefined) return;
    // A name that leads nowhere now is looked up again with each call.
    const addresses = await resolve(url.hostname).catch(() => []);
    if (!addresses.every(({ address }) => isPublicAddress(address))) throw new OutboundError('private_address', url.host);
  }

  function lookupFor(host: string, port: number): LookupFunction {
    return agentFor(parseUrl(`http://${host.includes(':') ? `[${host}]` : host}:${port}`), false) === unchecked
      ? lookups.any
      : lookups.public;
  }

  async function close(): Promise<void> {
    await Promise.all([publicOnly.destroy(), unchecked.destroy()]);
  }

  return { request, refusePrivate, lookupFor, close, [Symbol.asyncDispose]: close };
}

interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What may follow to another origin: nothing that says who is calling or with what key. */
const HARMLESS_HEADERS = new Set(['accept', 'accept-encoding', 'accept-language', 'user-agent']);

/** The next hop. Body and method stay only for 307 and 308 on the same origin; keys and content never cross to another one. */
function redirect(from: Hop, status: number, url: URL): Hop {
  const sameOrigin = url.origin === from.url.origin;
  if (sameOrigin && (status === 307 || status === 308)) return { ...from, url };
  const headers = Object.entries(from.headers).filter(([name]) =>
    sameOrigin ? !name.toLowerCase().startsWith('content-') : HARMLESS_HEADERS.has(name.toLowerCase()),
  );
  return { url, method: from.method === 'HEAD' ? 'HEAD' : 'GET', headers: Object.fromEntries(headers), body: undefined };
}

function parseUrl(target: string | URL, base?: URL): URL {
  const url = URL.parse(String(target), base?.href);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password) throw new OutboundError('bad_url');
  return url;
}

function createAgent(checkedLookup: LookupFunction): Agent {
  return new Agent({
    connect: { lookup: checkedLookup, timeout: CONNECT_TIMEOUT_MS },
    connections: CONNECTIONS_PER_ORIGIN,
    allowH2: false,
    // Both limits are held by exchange(), which knows the limits of each call.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** The look-up the socket itself uses: the checked addresses are the connected ones, so a name cannot change its mind in between. */
function lookupBy(resolve: (hostname: string) => Promise<LookupAddress[]>, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) callback(new OutboundError('not_resolved', hostname), '');
        else if (!addresses.every(({ address }) => isAllowed(address))) callback(new OutboundError('private_address', hostname), '');
        else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(new OutboundError('not_resolved', hostname, error), ''),
    );
  };
}

function resolveAll(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true });
}
