import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Env } from './mount.ts';
import { mountPages } from './pages.ts';

const FILES = {
  'web/index.html': '<!doctype html><title>web</title>',
  'web/assets/app-abc123.js': 'console.log("app");'.repeat(100),
  'web/icon.svg': '<svg/>',
  'web/.env': 'SECRET=1',
  'web/notes.md': 'not for the web',
  'widget/index.html': '<!doctype html><title>widget</title>',
  'widget/widget.js': 'loader',
  'secret.txt': 'outside',
};

let folder: string;
let app: Hono<Env>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-pages-'));
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  app = new Hono<Env>();
  const sites: Record<string, string[]> = { open: [], closed: ['https://shop.example', 'https://www.shop.example'] };
  await mountPages(app, { widgetSites: async (slug) => sites[slug] }, { web: `${folder}/web/`, widget: `${folder}/widget/` });
});
afterAll(() => rm(folder, { recursive: true }));

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.request(`http://127.0.0.1${path}`, { headers });
}

function policyOf(response: Response): string[] {
  return (response.headers.get('content-security-policy') ?? '').split('; ');
}

test.each(['/', '/c/bot', '/w/open', '/widget.js', '/assets/app-abc123.js', '/icon.svg', '/some/screen'])(
  '%s carries the policy headers',
  async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    const policy = policyOf(response);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy.find((rule) => rule.startsWith('script-src'))).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  },
);

test.each([
  ['/', "'none'"],
  ['/c/bot', "'none'"],
  ['/w/open', '*'],
  ['/w/closed', "'self' https://shop.example https://www.shop.example"],
  ['/w/unknown', "'none'"],
])('%s may be framed by: %s', async (path, frames) => {
  expect(policyOf(await get(path))).toContain(`frame-ancestors ${frames}`);
});

test.each([
  '/index.html',
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/assets/..%2f..%2f..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/%5c..%5csecret.txt',
  '//secret.txt',
  '/.env',
  '/notes.md',
  `/${encodeURIComponent('/')}etc/passwd`,
  '/%00',
  '/%ff',
])('%s gives no file from elsewhere and none that is not for the web', async (path) => {
  const text = await (await get(path)).text();
  expect(text).not.toMatch(/outside|SECRET|not for the web|root:/);
});

test('what looks like a file or an endpoint and is none is not found; other addresses are screens of the web app', async () => {
  for (const path of ['/missing.js', '/assets/missing.css', '/v1/missing', '/openai/missing'])
    expect((await get(path)).status, path).toBe(404);
  expect(await (await get('/settings/keys')).text()).toContain('<title>web</title>');
  expect(await (await get('/c/any-name')).text()).toContain('<title>widget</title>');
});

test('files with a hash in their name are kept, all others asked for anew and told by their tag', async () => {
  expect((await get('/assets/app-abc123.js')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const page = await get('/');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const tag = page.headers.get('etag') ?? '';
  expect(tag).toMatch(/^W\/"[\w-]+"$/);
  const again = await get('/', { 'if-none-match': tag });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
  expect(policyOf(again)).toContain("default-src 'none'");
  expect((await get('/', { 'if-none-match': `"other", ${tag}` })).status).toBe(304);
  expect((await get('/', { 'if-none-match': 'W/"other"' })).status).toBe(200);
});

test('text is sent compressed to those who can read it', async () => {
  const path = '/assets/app-abc123.js';
  const response = await get(path, { 'accept-encoding': 'gzip, br' });
  expect(response.headers.get('content-encoding')).toBe('br');
  expect(response.headers.get('vary')).toBe('accept-encoding');
  expect(brotliDecompressSync(await response.arrayBuffer()).toString()).toBe(FILES['web/assets/app-abc123.js']);
  for (const accepts of ['gzip', 'br;q=0', 'x-brother']) {
    const plain = await get(path, { 'accept-encoding': accepts });
    expect(plain.headers.get('content-encoding'), accepts).toBeNull();
    expect(await plain.text()).toBe(FILES['web/assets/app-abc123.js']);
  }
});

test('the loader of the widget may be used by any site', async () => {
  const response = await get('/widget.js');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect((await get('/')).headers.get('access-control-allow-origin')).toBeNull();
});

test('a client that was not built is not found', async () => {
  const empty = new Hono<Env>();
  await mountPages(empty, { widgetSites: async () => undefined }, { web: join(folder, 'no'), widget: join(folder, 'no') });
  for (const path of ['/', '/c/x', '/w/x', '/widget.js']) expect((await empty.request(path)).status).toBe(404);
});
