import { expect, test } from 'vitest';
import { isPublicAddress, literalAddress, namesHost } from './address.ts';

const PRIVATE: readonly string[][] = [
  ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
  ['unspecified', '0.0.0.0', '::'],
  ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
  ['carrier-grade NAT', '100.64.0.1', '100.127.255.255', '100.100.100.200'],
  ['link-local', '169.254.1.1', 'fe80::1', 'fe80::1%eth0'],
  ['metadata', '169.254.169.254', 'fd00:ec2::254', '192.0.0.192', '168.63.129.16'],
  ['multicast and broadcast', '224.0.0.1', '239.1.2.3', '255.255.255.255', 'ff02::1'],
  ['documentation and reserved', '192.0.2.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '2001:db8::1'],
  ['IPv4 inside IPv6', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001::1'],
  ['no address', '', 'localhost', '1.2.3', '::g'],
];

test.each(PRIVATE)('%s addresses are not public', (_kind, ...addresses) => {
  for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, false]);
});

test('ordinary internet addresses are public', () => {
  for (const address of ['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '2a00:1450:4001::1'])
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
});

test('every way to write a loopback address in a URL is seen as that address', () => {
  for (const host of [
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0x7f.1',
    '127.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '①②⑦.0.0.1',
    '%31%32%37.0.0.1',
  ])
    expect([host, literalAddress(new URL(`http://${host}/`))]).toEqual([host, '127.0.0.1']);
  for (const host of ['[::ffff:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:1]'])
    expect(literalAddress(new URL(`http://${host}/`))).toBe('::ffff:7f00:1');
  expect(literalAddress(new URL('http://localhost/'))).toBeUndefined();
});

test('a list names a host with or without its port', () => {
  const url = new URL('https://Models.Internal/v1');
  expect(namesHost(['models.internal'], url)).toBe(true);
  expect(namesHost(['MODELS.internal:443 '], url)).toBe(true);
  expect(namesHost(['models.internal:80'], url)).toBe(false);
  expect(namesHost(['internal', 'els.internal', ''], url)).toBe(false);
  expect(namesHost(['::1'], new URL('http://[::1]:8000'))).toBe(true);
  expect(namesHost(['[::1]:8000'], new URL('http://[::1]:8000'))).toBe(true);
  expect(namesHost(['[::1]:8001'], new URL('http://[::1]:8000'))).toBe(false);
});
