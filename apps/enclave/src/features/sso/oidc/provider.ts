/** What OpenID providers publish about themselves, fetched within limits and remembered for a while. */

import type { OidcSecrets, OidcSettings } from '@privexbot/contract';
import type { JWK } from 'jose';
import * as client from 'openid-client';
import type { Context } from '../../../context.ts';
import { namesHost } from '../../../providers/outbound/address.ts';
import { readKeySet } from '../jwt/jws.ts';
import { readStrictObject } from '../jwt/strict-json.ts';
import type { Checks } from '../strategy.ts';

type Ports = Pick<Context, 'config' | 'outbound' | 'now'>;

const LIMITS = { maxResponseBytes: 512 * 1024, timeoutMs: 10_000, maxRedirects: 0 };
const REMEMBERED_MS = 10 * 60_000;
/** A token with a key that nobody knows must not make us ask again and again. */
const ASKED_AGAIN_AFTER_MS = 30_000;
const MAX_REMEMBERED = 500;

export interface Providers {
  /** Reads where a provider's endpoints are. @throws OutboundError, or what openid-client throws */
  discover(settings: OidcSettings, secrets: OidcSecrets): Promise<client.Configuration>;
  /** A provider's keys; those that came before `kid` was known are fetched again. Undefined where it sends no key set. */
  keys(url: string, kid?: unknown): Promise<JWK[] | undefined>;
  /** Without TLS anybody on the way could name the keys: only hosts that whoever runs the machine named. */
  isAllowed(address: string): boolean;
  /** @throws SignInRefused for an address that is not allowed */
  requireTls(url: string, checks: Checks): void;
}

export function createProviders({ config, outbound, now }: Ports): Providers {
  const servers = remembering<client.ServerMetadata>();
  const keySets = remembering<JWK[] | undefined>();

  const isAllowed = (address: string): boolean => {
    const url = URL.parse(address);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && namesHost(config.privateHosts, url));
  };

  const send: client.CustomFetch = (url, { method, headers, body }) => {
    if (!isAllowed(url)) throw new TypeError('an address without TLS');
    return outbound.request(url, {
      ...LIMITS,
      purpose: 'directory',
      trust: 'typed',
      method: method as 'GET' | 'POST',
      headers,
      ...(body === undefined || body === null ? {} : { body: String(body) }),
    });
  };

  function configure(server: client.ServerMetadata, { clientId, clientAuth }: OidcSettings, { clientSecret }: OidcSecrets) {
    // The library reads the system's clock.
    const metadata = { [client.clockSkew]: Math.round((now().getTime() - Date.now()) / 1_000), [client.clockTolerance]: 60 };
    const configuration = new client.Configuration(server, clientId, metadata, authentication(clientAuth, clientSecret));
    configuration[client.customFetch] = send;
    // Each address was, or is, looked at by `isAllowed`.
    client.allowInsecureRequests(configuration);
    return configuration;
  }

  async function fetchMetadata(issuer: string): Promise<client.ServerMetadata> {
    const found = await client.discovery(new URL(issuer), 'discovery', undefined, client.None(), {
      algorithm: 'oidc',
      [client.customFetch]: send,
      execute: [client.allowInsecureRequests],
    });
    const server = found.serverMetadata();
    // The library overlooks a slash at the end.
    if (server.issuer !== issuer) throw new TypeError(`the provider calls itself ${server.issuer}`);
    const { authorization_endpoint, token_endpoint, jwks_uri } = server;
    if (![authorization_endpoint, token_endpoint, jwks_uri].every((url) => url !== undefined && isAllowed(url)))
      throw new TypeError('endpoints are missing, or without TLS');
    return server;
  }

  async function fetchKeys(url: string): Promise<JWK[] | undefined> {
    const response = await outbound.request(url, {
      ...LIMITS,
      purpose: 'directory',
      trust: 'typed',
      headers: { accept: 'application/json' },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.ok ? readKeySet(readStrictObject(bytes)) : undefined;
  }

  return {
    async discover(settings, secrets) {
      const server = await servers.get(settings.issuer, now(), REMEMBERED_MS, () => fetchMetadata(settings.issuer));
      return configure(server, settings, secrets);
    },
    async keys(url, kid) {
      const keys = await keySets.get(url, now(), REMEMBERED_MS, () => fetchKeys(url));
      const isKnown = kid === undefined || keys?.some((key) => key.kid === kid);
      return isKnown ? keys : keySets.get(url, now(), ASKED_AGAIN_AFTER_MS, () => fetchKeys(url));
    },
    isAllowed,
    requireTls(url, checks) {
      checks.require('tls', isAllowed(url), { expected: 'https', found: URL.parse(url)?.protocol });
    },
  };
}

function authentication(how: OidcSettings['clientAuth'], secret: string | undefined): client.ClientAuth {
  if (how === 'none') return client.None();
  return how === 'client_secret_post' ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
}

/** Values by name, each fetched again when it is older than the caller wants. A failure is not remembered. */
function remembering<T>() {
  const values = new Map<string, { readonly at: number; readonly value: Promise<T> }>();
  return {
    get(name: string, now: Date, maxAgeMs: number, fetch: () => Promise<T>): Promise<T> {
      const known = values.get(name);
      if (known && now.getTime() - known.at < maxAgeMs) return known.value;
      if (values.size >= MAX_REMEMBERED) values.delete(values.keys().next().value ?? '');
      const value = fetch();
      const entry = { at: now.getTime(), value };
      values.delete(name);
      values.set(name, entry);
      value.catch(() => values.get(name) === entry && values.delete(name));
      return value;
    },
  };
}
