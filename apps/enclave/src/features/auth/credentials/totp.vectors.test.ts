// RFC 4226 appendix D and RFC 6238 appendix B.
import { expect, test } from 'vitest';
import { findStep, hotp, stepAt, totpText, totpUri } from './totp.ts';

const bytes = (length: number) => new TextEncoder().encode('1234567890'.repeat(7).slice(0, length));

test.each(['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'])(
  'RFC 4226 appendix D: %s',
  (code) => {
    const counter = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'].indexOf(code);
    expect(hotp(bytes(20), counter)).toBe(code);
  },
);

test.each([
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
])('RFC 6238 appendix B at %i s', (seconds, sha1, sha256, sha512) => {
  const step = stepAt(new Date(seconds * 1_000));
  expect(hotp(bytes(20), step, 8, 'sha1')).toBe(sha1);
  expect(hotp(bytes(32), step, 8, 'sha256')).toBe(sha256);
  expect(hotp(bytes(64), step, 8, 'sha512')).toBe(sha512);
  // What apps show are the last six of the eight digits.
  expect(findStep(bytes(20), sha1.slice(2), new Date(seconds * 1_000), 0)).toBe(step);
});

test('the step before and after count, further ones do not, and none counts twice', () => {
  const secret = bytes(20);
  const at = new Date('2026-11-28T12:00:15Z');
  const now = stepAt(at);
  for (const [step, counts] of [
    [now - 2, false],
    [now - 1, true],
    [now, true],
    [now + 1, true],
    [now + 2, false],
  ] as const)
    expect(findStep(secret, hotp(secret, step), at, 0)).toBe(counts ? step : undefined);
  expect(findStep(secret, hotp(secret, now), at, now)).toBeUndefined();
  expect(findStep(secret, hotp(secret, now - 1), at, now)).toBeUndefined();
  expect(findStep(secret, hotp(secret, now + 1), at, now)).toBe(now + 1);
});

test('a code may be typed with a space, and nothing else is a code', () => {
  const secret = bytes(20);
  const at = new Date(59_000);
  expect(findStep(secret, '287 082', at, 0)).toBe(1);
  for (const typed of ['', '28708', '2870820', '28708a', '٢٨٧٠٨٢', '287082\u0000', '94287082'])
    expect(findStep(secret, typed, at, 0)).toBeUndefined();
});

test('the address of the QR code', () => {
  expect(totpText(bytes(20))).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  expect(totpUri(bytes(20), 'ada@example.com', 'PrivexBot at Acme & Co')).toBe(
    'otpauth://totp/PrivexBot%20at%20Acme%20%26%20Co:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=PrivexBot%20at%20Acme%20%26%20Co&algorithm=SHA1&digits=6&period=30',
  );
});
