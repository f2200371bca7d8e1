// vectors/jwt of this project always; the Wycheproof project's where they lie beside the checkout.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import { expect, test } from 'vitest';
import { createChecks } from '../strategy.ts';
import { checkClaims } from './claims.ts';
import { checkSignature, readJws, readKeySet } from './jws.ts';

const ROOT = '../../../../../../';
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(ROOT + path, import.meta.url), 'utf8'));
const WYCHEPROOF = '../shared/identity-vectors/jose-wycheproof/testvectors_v1/';
const wycheproof = test.skipIf(!existsSync(fileURLToPath(new URL(ROOT + WYCHEPROOF, import.meta.url))));

interface Own {
  readonly context: { iss: string; aud: string; nonce: string; nowEpochSeconds: number; allowedAlgs: string[] };
  readonly jwks: { keys: JWK[] };
  readonly cases: { name: string; expected: 'accept' | 'reject'; token: string }[];
}

interface Group {
  readonly comment: string;
  readonly public?: JWK | { keys: JWK[] };
  readonly private: JWK | { keys: JWK[] };
  readonly tests: { tcId: number; comment: string; jws: unknown; result: 'valid' | 'invalid' }[];
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** The refused part, or `valid`. */
async function outcomeOf(token: unknown, keys: unknown): Promise<string> {
  const jws = typeof token === 'string' ? readJws(token) : undefined;
  const set = readKeySet(keys);
  return jws && set ? checkSignature(jws, set, ALGORITHMS) : 'form';
}

test('ID tokens: every vector of this project', async () => {
  const { context, jwks, cases } = read('vectors/jwt/tokens.json') as Own;
  const outcomes = await Promise.all(
    cases.map(async ({ name, token }) => {
      const jws = readJws(token);
      if (!jws || (await checkSignature(jws, readKeySet(jwks) ?? [], context.allowedAlgs)) !== 'valid') return [name, 'reject'];
      const expected = { issuer: context.iss, audience: context.aud, nonce: context.nonce, now: new Date(context.nowEpochSeconds * 1_000) };
      try {
        checkClaims(jws.payload, expected, createChecks());
        return [name, 'accept'];
      } catch {
        return [name, 'reject'];
      }
    }),
  );
  expect(outcomes).toHaveLength(43);
  expect(outcomes).toEqual(cases.map(({ name, expected }) => [name, expected]));
});

/** The key is for another algorithm, PS256 or one that does not exist, than the token (RFC 7517 §4.4, RFC 8725 §3.1). */
const OTHER_ALGORITHM = new Set([346, 347, 350, 351]);
/** Whoever checks a token by HMAC could make one: none is taken (RFC 8725 §3.2). */
const isRefusedHere = ({ private: key }: Group, tcId: number) => JSON.stringify(key).includes('"kty":"oct"') || OTHER_ALGORITHM.has(tcId);

wycheproof.each(['json_web_signature_test.json', 'json_web_key_test.json'])('Wycheproof: every vector of %s', async (file) => {
  const { testGroups } = read(WYCHEPROOF + file) as { testGroups: Group[] };
  let seen = 0;
  const wrong: unknown[] = [];
  for (const group of testGroups)
    for (const { tcId, comment, jws, result } of group.tests) {
      seen++;
      const given = group.public ?? group.private;
      const outcome = await outcomeOf(jws, 'keys' in given ? given : { keys: [given] });
      const expected = result === 'valid' && !isRefusedHere(group, tcId);
      if ((outcome === 'valid') !== expected) wrong.push({ tcId, comment, result, outcome });
    }
  expect(wrong).toEqual([]);
  expect(seen).toBe(file.includes('signature') ? 401 : 26);
});
