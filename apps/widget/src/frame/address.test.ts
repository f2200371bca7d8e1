import { expect, test } from 'vitest';
import { readAddress } from './address.ts';

test('the path says page or widget, the query names the host', () => {
  expect(readAddress({ pathname: '/c/acme-help', search: '', hash: '' })).toEqual({
    slug: 'acme-help',
    channel: 'page',
    host: undefined,
    pin: undefined,
  });
  expect(readAddress({ pathname: '/w/acme-help', search: '?host=https%3A%2F%2Facme.com%2Fx', hash: '' })).toEqual({
    slug: 'acme-help',
    channel: 'widget',
    host: 'https://acme.com',
    pin: undefined,
  });
});

test.each(['?host=*', '?host=javascript:alert(1)', '?host=null', '?host='])('%s is no host', (search) => {
  expect(readAddress({ pathname: '/w/x', search, hash: '' }).host).toBeUndefined();
});

test.each([
  ['#pin=AbC-_9', 'AbC-_9'],
  ['#pin=', ''],
  ['#other', undefined],
])('the fragment %s pins %o', (hash, pin) => {
  expect(readAddress({ pathname: '/c/x', search: '', hash }).pin).toBe(pin);
});
