import { expect, test } from 'vitest';
import { domainOfEmail, normaliseDomain } from './normalise.ts';
import { isPublicMail } from './public-mail.ts';

test.each([
  ['acme.test', 'acme.test'],
  ['ACME.test.', 'acme.test'],
  ['  Acme.Test ', 'acme.test'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['acme。test', 'acme.test'], // an ideographic full stop is one for IDNA
  ['a.b.c.example', 'a.b.c.example'],
])('%j is the domain %s', (text, name) => {
  expect(normaliseDomain(text)).toBe(name);
});

test.each([
  '',
  '.',
  'acme',
  'acme..test',
  '.acme.test',
  'acme.test..',
  '-acme.test',
  'acme-.test',
  'ac_me.test',
  'a b.test',
  'acme.test/x',
  'https://acme.test',
  'acme.test:80',
  'user@acme.test',
  'acme.test?x',
  'acme.test#x',
  'acme%2etest',
  '127.0.0.1',
  '[::1]',
  '0x7f.1',
  'a.1',
  `${'a'.repeat(64)}.test`,
  `${'a.'.repeat(130)}test`,
  'acme\u0000.test',
])('%j is no domain', (text) => {
  expect(normaliseDomain(text)).toBeUndefined();
});

test('a twin in other letters stays another domain', () => {
  const twin = normaliseDomain('аcme.test'); // the first letter is Cyrillic
  expect(twin).toMatch(/^xn--/);
  expect(twin).not.toBe('acme.test');
});

test('the domain of an address is what follows its @; what could be read as two addresses is none', () => {
  expect(domainOfEmail(' Person@ACME.test ')).toBe('acme.test');
  const odd = [
    '"odd@gmail.com"@acme.test',
    'a@gmail.com@acme.test',
    'a@gmail.com,b@acme.test',
    'a@gmail.com<b@acme.test>',
    'a\0@acme.test',
  ];
  for (const none of ['acme.test', '@acme.test', 'person@', 'person@acme', ...odd]) expect(domainOfEmail(none), none).toBeUndefined();
});

test('domains of public mail services are known, companies that sound like them are not', () => {
  for (const name of ['gmail.com', 'outlook.com', 'hotmail.co.uk', 'yahoo.co.jp', 'live.nl', 'proton.me', 'qq.com', 'mailinator.com'])
    expect(isPublicMail(name), name).toBe(true);
  for (const name of ['acme.test', 'gmail.acme.com', 'livewell.com', 'yahoo-fans.org', 'outlookers.com'])
    expect(isPublicMail(name), name).toBe(false);
});
