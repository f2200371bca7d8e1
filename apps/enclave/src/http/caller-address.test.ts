import { expect, test } from 'vitest';
import { callerAddress } from './caller-address.ts';

const PROXIES = new Set(['10.0.0.1', '10.0.0.2']);

test.each([
  ['203.0.113.7', undefined, '203.0.113.7'],
  ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
  ['10.0.0.1', '1.1.1.1, 2001:db8::7', '2001:db8::7'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '10.0.0.2', '10.0.0.1'],
  ['10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
])('a request from %s that was forwarded for %s came from %s', (remoteAddress, forwarded, address) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(callerAddress({ socket: { remoteAddress }, headers }, PROXIES)).toBe(address);
});

test('without known proxies nobody names another address than their own', () => {
  expect(callerAddress({ socket: { remoteAddress: '10.0.0.1' }, headers: { 'x-forwarded-for': '1.1.1.1' } }, new Set())).toBe('10.0.0.1');
});
