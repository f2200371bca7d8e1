import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { harden, refuseForeignOrigin } from './hardening.ts';

const OWN = 'https://bots.example';
let enclave: Enclave;
let plain: (path: string, init?: RequestInit) => Promise<Response>;
beforeAll(async () => {
  enclave = await startEnclave({ settings: { PRIVEXBOT_PUBLIC_URL: OWN, PRIVEXBOT_ALLOW_SIMULATED: '1' } });
  const transport = enclave.bareTransport();
  plain = async (path, init) => transport(new Request(`${OWN}${path}`, init));
});
afterAll(() => enclave[Symbol.asyncDispose]());

test.each(['/v1/openapi.json', '/healthz', '/metrics', '/v1/missing', '/openai/v1/models', '/sso/con_x/callback', '/scim/v2/Users'])(
  '%s is nothing that a browser runs, frames or hands to another site, and stays on https',
  async (path) => {
    const { headers } = await plain(path);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    expect(headers.get('set-cookie')).toBeNull();
  },
);

test('without https nothing promises it, and headers of a page stay its own', () => {
  const page = new Response('x', {
    status: 201,
    headers: { 'content-security-policy': "script-src 'self'", 'cross-origin-resource-policy': 'cross-origin' },
  });
  const hardened = harden(page, false);
  expect(hardened.status).toBe(201);
  expect(hardened.headers.get('content-security-policy')).toBe("script-src 'self'");
  expect(hardened.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(hardened.headers.get('strict-transport-security')).toBeNull();
  expect(harden(page, true).headers.get('strict-transport-security')).not.toBeNull();
});

const FOREIGN: [string, Record<string, string>][] = [
  ['a form of another site', { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }],
  ['a page without an origin', { origin: 'null' }],
  ['JSON as plain text', { origin: 'https://evil.example', 'content-type': 'text/plain' }],
  ['a subdomain', { origin: 'https://x.bots.example' }],
  ['the same host without TLS', { origin: 'http://bots.example' }],
  ['another port', { origin: 'https://bots.example:8443' }],
  ['a browser that hides the origin', { 'sec-fetch-site': 'cross-site' }],
];
test.each(FOREIGN)('%s changes nothing', async (_, headers) => {
  for (const path of ['/openai/v1/chat/completions', '/v1/auth/sign-in', '/scim/v2/Users']) {
    const response = await plain(path, { method: 'POST', headers, body: '{}' });
    expect(response.status, path).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'origin_refused' } });
  }
});

test.each([
  ['a program', 'POST', '/openai/v1/chat/completions', {}],
  ['the own pages', 'POST', '/openai/v1/chat/completions', { origin: OWN }],
  ['an identity provider’s form', 'POST', '/sso/con_x/acs', { origin: 'https://idp.example' }],
  ['sealed bytes from a page of a company', 'POST', '/channel', { origin: 'https://company.example' }],
  ['a read', 'GET', '/v1/openapi.json', { origin: 'https://evil.example' }],
])('%s is let through', (_, method, path, headers) => {
  expect(refuseForeignOrigin(new Request(`${OWN}${path}`, { method, headers: new Headers(Object.entries(headers)) }), OWN)).toBeUndefined();
});

test('a return that names another address leads to the own page, with nothing secret where it is logged', async () => {
  const hostile = ['//evil.example', 'https://evil.example', '\\\\evil.example', '/%0d%0aset-cookie:x=1', 'x'.repeat(43)];
  for (const state of hostile) {
    const query = new URLSearchParams({ state, code: 'secret-code', RelayState: state }).toString();
    const response = await plain(`/sso/con_${'0'.repeat(26)}/callback?${query}`);
    expect(response.status).toBe(303);
    const location = response.headers.get('location') ?? '';
    expect(location).toMatch(/^\/sign-in\/return(#[\w-]{43})?$/);
    expect(location).not.toContain('secret-code');
  }
});
