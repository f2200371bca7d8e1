import type { EnvironmentVerdict } from '@privexbot/attestation';
import { expect, test } from 'vitest';
import { gateOf, shieldState } from './environment.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const LATER = '2026-11-28T13:00:00Z';
const BEFORE = '2026-11-28T11:00:00Z';

function verdictOf(verdict: EnvironmentVerdict['verdict'], validUntil?: string): EnvironmentVerdict {
  const environment = { id: 'env', identityKey: '', identityFingerprint: '', isFirstUse: false };
  const times = { checkedAt: BEFORE, ...(validUntil ? { validUntil } : {}) };
  return { verdict, ...times, environment, models: [], checks: [], limits: [] };
}

test.each([
  ['checking', undefined, 'checking', 'waiting'],
  ['checking', verdictOf('verified'), 'checking', 'waiting'],
  ['checked', verdictOf('verified', LATER), 'verified', 'open'],
  ['checked', verdictOf('verified-with-warnings'), 'verified-with-warnings', 'open'],
  ['checked', verdictOf('simulated'), 'simulated', 'open'],
  ['checked', verdictOf('not-verified'), 'not-verified', 'closed'],
  ['checked', verdictOf('verified', BEFORE), 'unknown', 'closed'],
  ['unreachable', undefined, 'unknown', 'closed'],
  ['unreachable', verdictOf('verified', LATER), 'unknown', 'closed'],
  // Not to be reached does not make good what was refused.
  ['unreachable', verdictOf('not-verified'), 'not-verified', 'closed'],
] as const)('%s with %o shows %s and is %s', (phase, verdict, shield, gate) => {
  const state = shieldState({ phase, history: [], ...(verdict ? { verdict } : {}) }, NOW);
  expect([state, gateOf(state)]).toEqual([shield, gate]);
});
