import { expect, test } from 'vitest';
import { readAddress } from './address.ts';

test('the path says page or widget, the query names the host', () => {
  expect(readAddress({ pathname: '/c/acme-help', search: '' })).toEqual({ slug: 'acme-help', channel: 'page', host: undefined });
  expect(readAddress({ pathname: '/w/acme-help', search: '?host=https%3A%2F%2Facme.com%2Fx' })).toEqual({
    slug: 'acme-help',
    channel: 'widget',
    host: 'https://acme.com',
  });
});

test.each(['?host=*', '?host=javascript:alert(1)', '?host=null', '?host='])('%s is no host', (search) => {
  expect(readAddress({ pathname: '/w/x', search }).host).toBeUndefined();
});
