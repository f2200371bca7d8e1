import { hasPermission } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { ASKING, expiryOf, isNetwork, isOver, permissionsWith, readNetworks } from './keys.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

test('a lifetime ends that many days from now, or never', () => {
  expect(expiryOf('30', NOW)).toBe('2026-01-31T00:00:00.000Z');
  expect(expiryOf('never', NOW)).toBeUndefined();
  expect(isOver({ expiresAt: '2026-01-01T00:00:00.000Z' }, NOW)).toBe(true);
  expect(isOver({ expiresAt: '2026-01-01T00:00:01.000Z' }, NOW)).toBe(false);
  expect(isOver({}, NOW)).toBe(false);
});

test('networks stand one a line, and what is none is told at once', () => {
  expect(readNetworks(' 203.0.113.0/24\n\n2001:db8::/32, 10.0.0.1 ')).toEqual(['203.0.113.0/24', '2001:db8::/32', '10.0.0.1']);
  expect(readNetworks('')).toEqual([]);
  for (const network of ['203.0.113.0/24', '10.0.0.1', '2001:db8::/32', '::1']) expect(isNetwork(network), network).toBe(true);
  for (const network of ['example.com', '10.0.0', '10.0.0.0/', 'abc', '/24']) expect(isNetwork(network), network).toBe(false);
});

test('a role is offered its own permissions, and every role that may have keys may ask', () => {
  const tier3 = permissionsWith((permission) => hasPermission('tier3', permission));
  expect(tier3).toContain('ai.invoke');
  expect(tier3).not.toContain('people.manage');
  expect(ASKING.every((permission) => tier3.includes(permission))).toBe(true);
});
