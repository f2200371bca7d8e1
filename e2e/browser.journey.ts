// The browser helper itself: it must see what journeys rely on it to see.
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const STRICT = "default-src 'none'; frame-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const PAGES: Record<string, string> = {
  '/good': '<title>Good</title><main><h1>Good</h1><button>Send</button></main>',
  '/bad': '<title>Bad</title><main><h1>Bad</h1><img src="data:,"><input></main>',
  '/frame': '<title>Frame</title><main><h1>Frame</h1><iframe title="inner" src="/bad"></iframe></main>',
  '/script': '<title>Script</title><main><h1>Script</h1><script>document.title = "ran"</script></main>',
};

const server = createServer((request, response) => {
  const page = PAGES[request.url ?? ''];
  if (request.url === '/favicon.ico') return void response.writeHead(204).end();
  response.writeHead(page ? 200 : 404, { 'content-type': 'text/html', 'content-security-policy': STRICT });
  response.end(`<!doctype html><html lang="en">${page ?? ''}</html>`);
});
let origin: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`;
});
afterAll(() => void server.close());

test('an accessible page under a strict policy passes, with a count of rules and a picture', async () => {
  await using browser = await openBrowser();
  const page = await browser.openPage();
  await page.goto(`${origin}/good`);
  expect(await checkAccessibility(page)).toBeGreaterThan(40);
  expect((await stat(await takeScreenshot(page, 'browser-helper'))).size).toBeGreaterThan(1_000);
});

test('findings are named, in frames too', async () => {
  await using browser = await openBrowser();
  browser.expectComplaint(/data:/); // the policy stops the picture
  const page = await browser.openPage();
  for (const path of ['/bad', '/frame']) {
    await page.goto(origin + path);
    await expect(checkAccessibility(page)).rejects.toThrow(/image-alt[\s\S]*label/);
  }
});

test('a violation of the content security policy fails the test', async () => {
  const browser = await openBrowser();
  await (await browser.openPage()).goto(`${origin}/script`);
  await expect(browser[Symbol.asyncDispose]()).rejects.toThrow(/The browser complained:[\s\S]*Content Security Policy/);
});

test('a failed request fails the test unless it was expected', async () => {
  const complaining = await openBrowser();
  await (await complaining.openPage()).goto(`${origin}/missing`);
  await expect(complaining[Symbol.asyncDispose]()).rejects.toThrow('404');

  await using expecting = await openBrowser();
  expecting.expectComplaint(/404/);
  await (await expecting.openPage()).goto(`${origin}/missing`);
});
