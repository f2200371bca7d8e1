import { expect, test } from 'vitest';
import { safeLink } from './links.ts';

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  '/relative',
  '//host/x',
  'blob:https://x/y',
  '',
])('%j is no link', (url) => {
  expect(safeLink(url)).toBeUndefined();
});

test('web and mail addresses keep their host in sight', () => {
  expect(safeLink('https://example.com/a?b=1')).toEqual({ href: 'https://example.com/a?b=1', host: 'example.com' });
  expect(safeLink('https://good.com@evil.com/')).toMatchObject({ host: 'evil.com' });
  expect(safeLink('mailto:ana@example.com')).toEqual({ href: 'mailto:ana@example.com', host: 'ana@example.com' });
});
