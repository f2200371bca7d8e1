import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { WalletRefused } from './refusal.ts';
import { FAMILIES, readSignInText, type SignInText, writeSignInText } from './text.ts';
import { readDateTime } from './time.ts';
import { isAuthority, isUri } from './uri.ts';
import { cosmosWallet, evmWallet, solanaWallet } from './wallet-keys.fixture.ts';

const ADDRESSES = { evm: evmWallet('a').address, solana: solanaWallet('a').address, cosmos: cosmosWallet('a').address };
const CHAINS = { evm: '1', solana: 'mainnet', cosmos: 'cosmoshub-4' };

const times = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
const parts = fc.record(
  {
    domain: fc.domain(),
    uri: fc.webUrl({ withQueryParameters: true, withFragments: true }),
    nonce: fc.stringMatching(/^[A-Za-z0-9]{8,40}$/),
    issuedAt: times,
    statement: fc.stringMatching(/^[A-Za-z0-9 .,:;!?'()]{1,80}$/),
    expirationTime: times,
    notBefore: times,
    requestId: fc.stringMatching(/^[a-z0-9._-]{0,20}$/),
    resources: fc.array(fc.webUrl(), { maxLength: 4 }),
  },
  { requiredKeys: ['domain', 'uri', 'nonce', 'issuedAt'] },
);
const values = fc
  .constantFrom(...FAMILIES)
  .chain((family) =>
    parts.map((part): [typeof family, SignInText] => [
      family,
      { ...part, address: ADDRESSES[family], chainId: CHAINS[family], version: '1' },
    ]),
  );

test('what is written is read back', () => {
  fc.assert(
    fc.property(values, ([family, value]) => {
      expect(readSignInText(family, writeSignInText(family, value))).toEqual(value);
    }),
  );
});

test('a text is of one family only', () => {
  fc.assert(
    fc.property(values, ([family, value]) => {
      const text = writeSignInText(family, value);
      for (const other of FAMILIES) if (other !== family) expect(() => readSignInText(other, text)).toThrow(WalletRefused);
    }),
  );
});

test('no two texts say the same: whatever is read is written again as it was', () => {
  const hostile = fc
    .tuple(values, fc.nat(), fc.string({ maxLength: 3, unit: 'binary' }), fc.nat(2))
    .map(([[family, value], at, insert, cut]) => {
      const text = writeSignInText(family, value);
      const place = at % text.length;
      return [family, text.slice(0, place) + insert + text.slice(place + cut)] as const;
    });
  fc.assert(
    fc.property(hostile, ([family, text]) => {
      let value: SignInText;
      try {
        value = readSignInText(family, text);
      } catch (error) {
        expect(error).toBeInstanceOf(WalletRefused);
        return;
      }
      expect(writeSignInText(family, value)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test('values that bring lines of their own make no text', () => {
  const [, value] = fc.sample(values, { numRuns: 1, seed: 1 })[0] ?? [];
  const base = { ...(value as SignInText), address: ADDRESSES.evm, chainId: '1' };
  for (const change of [
    { statement: 'one\nURI: https://evil.example' },
    { statement: '' },
    { nonce: 'abcdefgh\nIssued At: 2020-01-01T00:00:00Z' },
    { domain: 'example.com wants you to sign in with your Ethereum account:\n' },
    { requestId: 'a\nResources:' },
    { resources: ['https://example.com\n- https://evil.example'] },
  ])
    expect(() => writeSignInText('evm', { ...base, ...change }), JSON.stringify(change)).toThrow(WalletRefused);
});

test('a long text of many lines costs no more than its length', () => {
  const started = performance.now();
  expect(() => readSignInText('evm', '['.repeat(50_000))).toThrow(WalletRefused);
  expect(() => readSignInText('evm', `a${'%41'.repeat(20_000)}\\ wants you to sign in with your Ethereum account:`)).toThrow(WalletRefused);
  expect(isUri(`a:${'/'.repeat(50_000)}^`)).toBe(false);
  expect(isAuthority(`${'a:'.repeat(30_000)}^`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test.each([
  ['2026-02-29T00:00:00Z', false],
  ['2024-02-29T00:00:00Z', true],
  ['2026-13-01T00:00:00Z', false],
  ['2026-01-01T24:00:00Z', false],
  ['2026-01-01T23:59:60Z', true],
  ['2026-01-01t10:00:00.123456789+05:30', true],
  ['2026-01-01T10:00:00', false],
  ['2026-01-01 10:00:00Z', false],
  ['2026-01-01T10:00:00+24:00', false],
  ['+02026-01-01T10:00:00Z', false],
])('%s is a time: %s', (text, is) => expect(readDateTime(text) !== undefined).toBe(is));

test.each([
  ['[::]', true],
  ['[::1]:443', true],
  ['[1:2:3:4:5:6:7:8]', true],
  ['[1:2:3:4:5:6:1.2.3.4]', true],
  ['[1:2:3:4:5:6:7::8]', false],
  ['[1::2::3]', false],
  ['[1:2:3]', false],
  ['[::1.2.3.256]', false],
  ['[12345::]', false],
  ['a b', false],
  ['', false],
  ['a/b', false],
  ['user:word@host:1', true],
  ['%zz', false],
])('%s is an authority: %s', (text, is) => expect(isAuthority(text)).toBe(is));

test.each([
  ['https://', false],
  ['https://[::1', false],
  ['https://a/[b]', false],
  ['urn:a:b', true],
  [':a', false],
  ['https://a#b#c', false],
])('%s is a URI: %s', (text, is) => expect(isUri(text)).toBe(is));
