import type { ConnectionId, OrgId, Policies, UserId } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { isInside } from '../../http/networks.ts';
import type { SessionFacts } from '../../http/scope.ts';
import { judge } from './judge.ts';
import { NO_POLICIES } from './store.ts';

const ORG = 'org_a' as OrgId;
const USER = 'usr_a' as UserId;
const NOW = new Date('2026-11-28T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const connection = { id: 'con_a' as ConnectionId, org: ORG };

function judged(policies: Partial<Policies>, facts: Partial<SessionFacts> | undefined, rest: { address?: string; seenAt?: Date } = {}) {
  const { address = '203.0.113.5', seenAt } = rest;
  const all = facts && { method: 'password', amr: ['pwd'], authTime: NOW, startedAt: minutesAgo(10), ...facts };
  return judge({ ...NO_POLICIES, ...policies }, ORG, { user: USER, address, facts: all, seenAt }, NOW);
}

test('without policies everybody is let in', () => {
  expect(judged({}, {})).toBeUndefined();
  expect(judged({}, undefined)).toBeUndefined();
});

test('single sign-on: only by a connection of this organization, or by an Admin who is named, with a second factor', () => {
  const policies = { ssoRequired: true };
  expect(judged(policies, {})).toBe('sso_required');
  expect(judged(policies, { amr: ['pwd', 'mfa'] })).toBe('sso_required');
  expect(judged(policies, { method: 'oidc', connection })).toBeUndefined();
  expect(judged(policies, { method: 'oidc', connection: { ...connection, org: 'org_b' as OrgId } })).toBe('sso_required');
  const named = { ...policies, breakGlass: [USER], ways: ['sso' as const] };
  expect(judged(named, {})).toBe('mfa_required');
  expect(judged(named, { amr: ['pwd', 'otp', 'mfa'] })).toBeUndefined();
});

test('a second factor: of own ways alone, or of everybody', () => {
  expect(judged({ mfa: 'own' }, {})).toBe('mfa_required');
  expect(judged({ mfa: 'own' }, { amr: ['pwd', 'mfa'] })).toBeUndefined();
  expect(judged({ mfa: 'own' }, { method: 'saml', connection, amr: [] })).toBeUndefined();
  expect(judged({ mfa: 'own' }, { method: 'saml', connection: { ...connection, org: 'org_b' as OrgId }, amr: [] })).toBe('mfa_required');
  expect(judged({ mfa: 'everybody' }, { method: 'saml', connection, amr: [] })).toBe('mfa_required');
  expect(judged({ mfa: 'everybody' }, { method: 'saml', connection, amr: ['mfa'] })).toBeUndefined();
});

test('ways: those that are named, and no connection of another organization', () => {
  const policies = { ways: ['passkey' as const, 'sso' as const] };
  expect(judged(policies, {})).toBe('ways');
  expect(judged(policies, { method: 'passkey' })).toBeUndefined();
  expect(judged(policies, { method: 'ldap', connection })).toBeUndefined();
  expect(judged(policies, { method: 'ldap', connection: { ...connection, org: 'org_b' as OrgId } })).toBe('ways');
});

test('sessions end by age and by idleness', () => {
  expect(judged({ sessionMinutes: 15 }, { startedAt: minutesAgo(15) })).toBeUndefined();
  expect(judged({ sessionMinutes: 15 }, { startedAt: minutesAgo(16) })).toBe('session_age');
  expect(judged({ idleMinutes: 5 }, { startedAt: minutesAgo(60) })).toBe('idle');
  expect(judged({ idleMinutes: 5 }, { startedAt: minutesAgo(60) }, { seenAt: minutesAgo(4) })).toBeUndefined();
  expect(judged({ idleMinutes: 5 }, { startedAt: minutesAgo(4) }, { seenAt: minutesAgo(60) })).toBeUndefined();
});

test('networks bind sessions and API keys', () => {
  const policies = { networks: ['203.0.113.0/24', '2001:db8::/32'] };
  expect(judged(policies, {})).toBeUndefined();
  expect(judged(policies, {}, { address: '203.0.114.1' })).toBe('address');
  expect(judged(policies, undefined, { address: '203.0.114.1' })).toBe('address');
});

test.each([
  ['203.0.113.255', true],
  ['203.0.114.0', false],
  ['::ffff:203.0.113.9', true],
  ['::ffff:203.0.114.9', false],
  ['2001:db8:ffff::1', true],
  ['2001:db9::1', false],
  ['198.51.100.7', true],
  ['198.51.100.8', false],
  ['in process', false],
  ['', false],
])('%s is inside: %s', (address, inside) => {
  expect(isInside(['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'], address)).toBe(inside);
});
