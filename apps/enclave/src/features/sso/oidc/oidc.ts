/** OpenID Connect: authorization code with PKCE (RFC 7636), nonce and issuer (RFC 9207), back-channel logout. */
import { type OidcSecrets, type OidcSettings, TOKEN_ALGORITHMS } from '@privexbot/contract';
import * as client from 'openid-client';
import type { Context } from '../../../context.ts';
import { OutboundError } from '../../../providers/outbound/error.ts';
import { checkClaims, SKEW_SECONDS, type TokenClaims, textsOf, toShown } from '../jwt/claims.ts';
import { checkSignature, readJws } from '../jwt/jws.ts';
import { type Arrival, type Checks, type Connection, SignInRefused, type Strategy } from '../strategy.ts';
import { createProviders } from './provider.ts';

type Ports = Pick<Context, 'config' | 'outbound' | 'now'>;
type OidcConnection = Connection<OidcSettings, OidcSecrets>;

/** What is remembered of a request until its answer comes. */
interface Memory {
  readonly verifier: string;
  readonly nonce: string;
}

/** What the provider is told at the end of a session: which account it is of, where it gave a word for that. */
interface Ending {
  readonly hint?: string;
}

/** It is read with each request of the session. */
const MAX_HINT = 1_000;
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LOGOUT_KEPT_MS = 60 * 60_000;

export function createOidc(ports: Ports): Strategy<OidcSettings, OidcSecrets> {
  const { now } = ports;
  const providers = createProviders(ports);

  return {
    way: 'redirect',

    async begin({ settings, secrets, addresses }, { loginHint, fresh }) {
      const configuration = await discovered(providers.discover(settings, secrets));
      const memory: Memory = { verifier: client.randomPKCECodeVerifier(), nonce: client.randomNonce() };
      const challenge = await client.calculatePKCECodeChallenge(memory.verifier);
      const go = (state: string) =>
        client.buildAuthorizationUrl(configuration, {
          redirect_uri: addresses.callback,
          scope: settings.scopes,
          state,
          nonce: memory.nonce,
          code_challenge: challenge,
          code_challenge_method: 'S256',
          ...(loginHint ? { login_hint: loginHint } : {}),
          ...(fresh ? { max_age: '0' } : {}),
        }).href;
      return { memory, go };
    },

    async finish(connection, memory, answer, checks) {
      const { settings, secrets, addresses } = connection;
      const { verifier, nonce } = memory as Memory;
      const { error, error_description: why } = answer;
      checks.require('answer', error === undefined, { found: [error, why].filter(Boolean).join(': ') });
      // Which provider answered (RFC 9207): another one's code must not go to this one.
      checks.require('issuer', answer.iss === undefined || answer.iss === settings.issuer, {
        expected: settings.issuer,
        found: answer.iss,
      });
      const configuration = await discover(connection, checks);
      const url = new URL(`${addresses.callback}?${new URLSearchParams(answer)}`);
      const expected = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: answer.state ?? '', idTokenExpected: true };
      const tokens = await exchanged(client.authorizationCodeGrant(configuration, url, expected), checks);
      const claims = await readIdToken(tokens.id_token ?? '', configuration, { settings, secrets }, nonce, checks);
      const more = await fetchMore(configuration, claims, tokens.access_token, settings);
      checks.claims = toShown({ ...more, ...claims });
      return toArrival({ ...more, ...claims }, settings);
    },

    isSameServer: (before, after) => new URL(before.issuer).origin === new URL(after.issuer).origin,

    async probe(connection, checks) {
      const configuration = await discover(connection, checks);
      const { jwks_uri: url = '' } = configuration.serverMetadata();
      const keys = await reached(providers.keys(url), checks);
      checks.require('keys', keys !== undefined && keys.length > 0, { expected: 'RS256, ES256', found: String(keys?.length ?? '-') });
    },

    async readLogout(connection, { fields }, checks) {
      const { settings } = connection;
      const configuration = await discover(connection, checks);
      const jws = await readToken(fields.logout_token ?? '', 'logout+jwt', configuration, checks);
      const expected = { issuer: settings.issuer, audience: settings.clientId, now: now(), maxAgeSeconds: 600 };
      const claims = checkClaims(jws, { ...expected, optional: ['sub', 'exp'] }, checks);
      const { events, sid, sub, jti, nonce } = claims;
      // OpenID Connect Back-Channel Logout §2.6
      checks.require('claims', isObject(events) && isObject(events[LOGOUT_EVENT]) && nonce === undefined && typeof jti === 'string');
      checks.require('subject', sub !== undefined || typeof sid === 'string');
      return {
        ...(sub === undefined ? {} : { subject: sub }),
        ...(typeof sid === 'string' ? { session: sid } : {}),
        once: { id: String(jti), until: new Date(now().getTime() + LOGOUT_KEPT_MS) },
      };
    },

    // OpenID Connect RP-Initiated Logout §2, by the client's id: the ID token, which names the person, is not kept.
    async endAt({ settings, secrets, addresses }, ending: Ending = {}) {
      if (!settings.signOutThere) return undefined;
      const configuration = await discovered(providers.discover(settings, secrets));
      const { end_session_endpoint: url } = configuration.serverMetadata();
      if (url === undefined || !providers.isAllowed(url)) return undefined;
      const { hint } = ending;
      const parameters = { post_logout_redirect_uri: addresses.signedOut, ...(hint === undefined ? {} : { logout_hint: hint }) };
      return { go: () => client.buildEndSessionUrl(configuration, parameters).href };
    },
  };

  async function discover({ settings, secrets }: OidcConnection, checks: Checks): Promise<client.Configuration> {
    providers.requireTls(settings.issuer, checks);
    const configuration = await reached(providers.discover(settings, secrets), checks, 'discovery');
    checks.require('discovery', true);
    return configuration;
  }

  async function readIdToken(
    token: string,
    configuration: client.Configuration,
    { settings }: Pick<OidcConnection, 'settings' | 'secrets'>,
    nonce: string,
    checks: Checks,
  ): Promise<TokenClaims> {
    const payload = await readToken(token, 'jwt', configuration, checks);
    return checkClaims(payload, { issuer: settings.issuer, audience: settings.clientId, nonce, now: now() }, checks);
  }

  /** The payload of a token that the provider signed. */
  async function readToken(token: string, type: string, configuration: client.Configuration, checks: Checks): Promise<Uint8Array> {
    const jws = readJws(token);
    if (!jws) return checks.refuse('document', { expected: 'a signed token' });
    const { typ = 'JWT', kid } = jws.header;
    // One kind of token must not pass for another (RFC 8725 §3.11); providers name plain ones in many ways.
    const isType = String(typ).toLowerCase() === type || String(typ).toLowerCase() === 'jwt';
    checks.require('document', isType, { expected: type, found: String(typ) });
    const { jwks_uri: url = '' } = configuration.serverMetadata();
    const keys = (await reached(providers.keys(url, kid), checks)) ?? [];
    const result = await checkSignature(jws, keys, TOKEN_ALGORITHMS);
    checks.require('algorithm', result !== 'algorithm', { expected: TOKEN_ALGORITHMS.join(', '), found: String(jws.header.alg) });
    checks.require('keys', result !== 'no_key', { expected: keys.map((key) => key.kid).join(', '), found: String(kid) });
    checks.require('signature', result === 'valid');
    return jws.payload;
  }

  /** Many providers say who somebody is, and in which groups, only there. */
  async function fetchMore(
    configuration: client.Configuration,
    { sub = '', email, ...claims }: TokenClaims,
    token: string,
    settings: OidcSettings,
  ) {
    const { userinfo_endpoint: url } = configuration.serverMetadata();
    if (url === undefined || (email !== undefined && claims[settings.groupsClaim] !== undefined)) return {};
    return client.fetchUserInfo(configuration, token, sub);
  }
}

function toArrival(claims: TokenClaims, { issuer, groupsClaim }: OidcSettings): Arrival {
  const { sub = '', email, email_verified: verified, name, sid, amr, auth_time: at, iat, login_hint: hint } = claims;
  return {
    issuer,
    subject: sub,
    ...(typeof email === 'string' && email !== '' ? { email } : {}),
    ...(typeof name === 'string' && name !== '' ? { name: name.slice(0, 120) } : {}),
    emailVerified: verified !== false && verified !== 'false',
    groups: textsOf(claims[groupsClaim]),
    amr: textsOf(amr).slice(0, 10),
    // A time ahead of ours would count as fresh for longer.
    authTime: new Date((typeof at === 'number' && at <= iat + SKEW_SECONDS ? at : iat) * 1_000),
    ...(typeof sid === 'string' ? { session: sid } : {}),
    ...(typeof hint === 'string' && hint.length <= MAX_HINT ? { ending: { hint } satisfies Ending } : {}),
    claims: toShown(claims),
  };
}

/** Reaching a provider failed: what the network says goes on, the rest is an answer that is none. */
async function reached<T>(work: Promise<T>, checks: Checks, check: 'discovery' | 'keys' = 'keys'): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const network = findOutbound(error);
    if (network) return checks.refuse('reachable', { found: network.code });
    return checks.refuse(check, { found: error instanceof Error ? error.message : undefined });
  }
}

/** Where nobody asks for the list of checks. */
async function discovered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new OutboundError(findOutbound(error)?.code ?? 'interrupted', '', error);
  }
}

async function exchanged<T>(work: Promise<T>, checks: Checks): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SignInRefused) throw error;
    const network = findOutbound(error);
    if (network) return checks.refuse('reachable', { found: network.code });
    const { error: code, error_description: why } = (error ?? {}) as { error?: unknown; error_description?: unknown };
    return checks.refuse('answer', { found: [code, why].filter((text) => typeof text === 'string').join(': ') || String(error) });
  }
}

function findOutbound(error: unknown): OutboundError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof OutboundError) return at;
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
