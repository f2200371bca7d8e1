import { expect, test } from 'vitest';
import { areInside, isInside } from './networks.ts';

test.each([
  [[], '203.0.113.9', true],
  [[], 'in process', true],
  [['203.0.113.0/24'], '203.0.113.9', true],
  [['203.0.113.0/24'], '203.0.114.9', false],
  [['203.0.113.9'], '203.0.113.9', true],
  [['203.0.113.9'], '203.0.113.8', false],
  [['203.0.113.0/24'], '::ffff:203.0.113.9', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['::/0'], '203.0.113.9', false],
  [['2001:db8::/32'], '2001:db8:5::1', true],
  [['2001:db8::/32', '10.0.0.0/8'], '10.1.2.3', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['203.0.113.0/24'], 'in process', false],
] as const)('%j lets %s in: %s', (networks, address, is) => expect(isInside(networks, address)).toBe(is));

test.each([
  [['10.0.0.0/8'], ['10.1.0.0/16', '10.2.3.4'], true],
  [['10.0.0.0/8'], ['0.0.0.0/0'], false],
  [['10.0.0.0/8'], ['10.0.0.0/7'], false],
  [['10.0.0.0/8'], ['11.0.0.0/8'], false],
  [['::/0'], ['10.0.0.0/8'], false],
  [['2001:db8::/32', '10.0.0.0/8'], ['2001:db8::/48', '10.0.0.0/8'], true],
] as const)('%j holds %j: %s', (outer, networks, is) => expect(areInside(outer, networks)).toBe(is));
