/** Tokens of an issuer that the organization trusts, exchanged for a session (in the manner of RFC 7523). */
import { createHash } from 'node:crypto';
import type { JwtSecrets, JwtSettings } from '@privexbot/contract';
import type { JWK } from 'jose';
import type { Context } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import { OutboundError } from '../../../providers/outbound/error.ts';
import { createProviders } from '../oidc/provider.ts';
import type { Checks, Strategy } from '../strategy.ts';
import { checkClaims, isSubject, SKEW_SECONDS, textsOf } from './claims.ts';
import { checkSignature, readJws, readKeySet } from './jws.ts';
import { readStrictObject } from './strict-json.ts';

const TYPES = new Set(['jwt', 'at+jwt']);

export function createBearer(ports: Pick<Context, 'config' | 'outbound' | 'now'>): Strategy<JwtSettings, JwtSecrets> {
  const { now } = ports;
  const providers = createProviders(ports);

  return {
    way: 'token',

    async verify({ settings }, token, checks) {
      const jws = readJws(token);
      if (!jws) return checks.refuse('document', { expected: 'a signed token' });
      const { typ = 'JWT', kid, alg } = jws.header;
      checks.require('document', TYPES.has(String(typ).toLowerCase()), { expected: 'JWT', found: String(typ) });
      const keys = await keysOf(settings, kid, checks);
      const result = await checkSignature(jws, keys, settings.algorithms);
      checks.require('algorithm', result !== 'algorithm', { expected: settings.algorithms.join(', '), found: String(alg) });
      checks.require('keys', result !== 'no_key', { expected: keys.map((key) => key.kid).join(', '), found: String(kid) });
      checks.require('signature', result === 'valid');
      const { issuer, audience, maxAgeSeconds } = settings;
      const claims = checkClaims(jws.payload, { issuer, audience, maxAgeSeconds, now: now() }, checks);
      const subject = claims[settings.subjectClaim];
      if (!isSubject(subject)) return checks.refuse('subject', { expected: settings.subjectClaim });
      const [email, name] = [claims[settings.emailClaim], claims[settings.nameClaim]];
      const until = (claims.iat + maxAgeSeconds + 2 * SKEW_SECONDS) * 1_000;
      return {
        issuer,
        subject,
        ...(typeof email === 'string' && email !== '' ? { email } : {}),
        ...(typeof name === 'string' && name !== '' ? { name: name.slice(0, 120) } : {}),
        emailVerified: claims.email_verified !== false && claims.email_verified !== 'false',
        groups: textsOf(claims[settings.groupsClaim]),
        amr: textsOf(claims.amr).slice(0, 10),
        authTime: new Date(claims.iat * 1_000),
        claims: checks.claims,
        once: { id: createHash('sha256').update(jws.payload).digest('base64url'), until: new Date(until) },
      };
    },

    async prepare(draft) {
      const { keys } = draft.settings;
      if ('set' in keys && !readPasted(keys.set)?.length)
        throw new AppError('bad_request', {
          problem: 'settings.keys.set: a JSON Web Key Set with a public key is expected',
          field: 'settings.keys.set',
        });
      return draft;
    },

    isSameServer: () => true,

    async probe({ settings }, checks) {
      const keys = await keysOf(settings, undefined, checks);
      checks.require('keys', keys.length > 0, { found: String(keys.length) });
    },
  };

  async function keysOf({ keys }: JwtSettings, kid: unknown, checks: Checks): Promise<readonly JWK[]> {
    if ('set' in keys) return readPasted(keys.set) ?? [];
    providers.requireTls(keys.url, checks);
    try {
      return (await providers.keys(keys.url, kid)) ?? [];
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return checks.refuse('reachable', { found: error.code });
    }
  }
}

function readPasted(text: string): JWK[] | undefined {
  return readKeySet(readStrictObject(Buffer.from(text)));
}
