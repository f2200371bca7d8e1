import type { Checks, Claims } from '../strategy.ts';
import { readStrictObject } from './strict-json.ts';

/** How far clocks may be apart. */
export const SKEW_SECONDS = 60;
const MAX_CLAIMS = 100;
const MAX_VALUES = 1_000;
const MAX_VALUE_LENGTH = 1_000;

export interface TokenClaims extends Readonly<Record<string, unknown>> {
  readonly iss: string;
  readonly sub?: string;
  readonly exp?: number;
  readonly iat: number;
}

export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  /** Where tokens answer requests of ours. */
  readonly nonce?: string;
  readonly now: Date;
  /** How long after its making a token is taken, whatever it says. */
  readonly maxAgeSeconds?: number;
  /** `sub` and `exp`: logout tokens may do without (OpenID Connect Back-Channel Logout §2.4). */
  readonly optional?: readonly ('sub' | 'exp')[];
}

/** Checks what a token says by RFC 7519 §4.1 and OpenID Connect Core §3.1.3.7. @throws SignInRefused */
export function checkClaims(payload: Uint8Array, expected: Expected, checks: Checks): TokenClaims {
  const claims = readStrictObject(payload);
  if (!claims) return checks.refuse('claims');
  checks.claims = toShown(claims);
  const { iss, sub, nonce } = claims;
  checks.require('issuer', iss === expected.issuer, { expected: expected.issuer, found: show(iss) });
  checks.require('audience', isFor(claims, expected.audience), { expected: expected.audience, found: show(claims.azp ?? claims.aud) });
  if (expected.nonce !== undefined) checks.require('nonce', nonce === expected.nonce);
  checkTimes(claims, expected, checks);
  if (sub !== undefined || !expected.optional?.includes('sub')) checks.require('subject', isSubject(sub));
  return claims as TokenClaims;
}

function isFor({ aud, azp }: Readonly<Record<string, unknown>>, audience: string): boolean {
  const named = Array.isArray(aud) ? (aud as unknown[]) : [aud];
  // Made for several: the one it was given to must be us (OpenID Connect Core §3.1.3.7, 4 and 5).
  const isOurs = azp === undefined ? named.length === 1 : azp === audience;
  return named.includes(audience) && isOurs;
}

function checkTimes(
  { exp, iat, nbf }: Readonly<Record<string, unknown>>,
  { now, maxAgeSeconds, optional }: Expected,
  checks: Checks,
): void {
  const at = now.getTime() / 1_000;
  const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
  const ends = exp === undefined ? optional?.includes('exp') === true : isTime(exp) && at < exp + SKEW_SECONDS;
  const began = isTime(iat) && iat <= at + SKEW_SECONDS && (nbf === undefined || (isTime(nbf) && nbf <= at + SKEW_SECONDS));
  const isFresh = maxAgeSeconds === undefined || (isTime(iat) && at <= iat + maxAgeSeconds + SKEW_SECONDS);
  checks.require('time', ends && began && isFresh, {
    expected: now.toISOString(),
    found: `iat ${show(iat)}, nbf ${show(nbf)}, exp ${show(exp)}`,
  });
}

/** Text, or a list of texts, as such; anything else as JSON. */
export function toShown(claims: Readonly<Record<string, unknown>>): Claims {
  const shown = Object.entries(claims)
    .slice(0, MAX_CLAIMS)
    .map(
      ([name, value]) =>
        [cut(name), (Array.isArray(value) ? (value as unknown[]) : [value]).slice(0, MAX_VALUES).map((one) => cut(show(one)))] as const,
    );
  return Object.fromEntries(shown);
}

/** The texts of a claim that lists something; one text counts as a list of one. */
export function textsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.filter((one): one is string => typeof one === 'string' && one !== '').slice(0, MAX_VALUES);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
}

function cut(text: string): string {
  return text.slice(0, MAX_VALUE_LENGTH);
}

/** OpenID Connect Core §2: at most 255 characters. */
export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 255;
}
