// The main job in a real browser: from sign-up to a cited answer, then published, and a visitor who asks. A wire in between sees all of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { checkAccessibility, openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { openSealed } from '@privexbot/testing/sealed.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT } from './desk.ts';
import { threeDocuments } from './handbook.ts';
import { kindOf, openWire, readableOf, type Wire } from './wire.ts';

const READ_MS = 60_000;
const QUESTION = 'How many days of annual leave do I earn?';
const SOURCE = /^Source 1: leave\.md/;
const QUOTE = 'Every employee earns thirty days of annual leave in a year.';

let wire: Wire;
let server: Server;
let browser: TestBrowser;
beforeAll(async () => {
  await buildClients({ production: false });
  wire = await openWire();
  server = await startServer({ settings: { PRIVEXBOT_PUBLIC_URL: wire.url } });
  wire.target = server.url;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await wire[Symbol.asyncDispose]();
});

async function look(page: Page, name: string): Promise<void> {
  await takeScreenshot(page, `main-${name}`);
  await checkAccessibility(page);
}

/** Drops files as a person does who drags them from a folder. */
async function drop(page: Page, target: string): Promise<void> {
  const files = threeDocuments().map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const dataTransfer = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of given)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
    return transfer;
  }, files);
  await page.getByRole('button', { name: target }).dispatchEvent('drop', { dataTransfer });
}

async function ask(page: Page | FrameLocator, field: string | RegExp, question: string): Promise<void> {
  await page.getByRole('textbox', { name: field }).fill(question);
  await page.getByRole('textbox', { name: field }).press('Enter');
}

/** Opens the first source of the answer, and expects the sentence that answers to be marked in it. */
async function openSource(page: Page | FrameLocator): Promise<void> {
  await page.getByRole('button', { name: SOURCE }).first().click();
  const passage = page.getByRole('dialog', { name: 'Passage' });
  await passage.locator('mark').waitFor();
  expect(await passage.locator('mark').innerText()).toBe(QUOTE);
}

let pageAddress = '';

test('somebody signs up, drops three documents into a new chatbot, asks, opens the source at the sentence, and publishes', async () => {
  const page = await browser.openPage();
  await page.goto(wire.url);
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Create your account' }).waitFor();
  await page.getByLabel('Email').fill(ACCOUNT.email);
  await page.getByLabel('Password').fill(ACCOUNT.password);
  await look(page, '1-sign-up');
  await page.getByRole('button', { name: 'Create account' }).click();

  await page.getByRole('heading', { name: 'What should it answer from?' }).waitFor();
  await look(page, '2-sources');
  await drop(page, 'Drop files here');
  await page.getByRole('heading', { name: 'Ask it something' }).waitFor();
  for (const { name } of threeDocuments()) await page.getByRole('link', { name }).waitFor({ timeout: READ_MS });
  await expect.poll(() => page.getByText(/^ready/i).count(), { timeout: READ_MS }).toBeGreaterThanOrEqual(3);
  await look(page, '3-reading');

  await ask(page, /ask/i, QUESTION);
  await page.getByRole('button', { name: SOURCE }).waitFor({ timeout: READ_MS });
  await look(page, '4-answer');
  await openSource(page);
  await look(page, '5-source');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Next: put it somewhere' }).click();
  await page.getByRole('button', { name: 'Publish and get a link' }).click();
  const address = page.getByRole('link', { name: 'Open page' });
  await address.waitFor();
  await look(page, '6-share');
  pageAddress = (await address.getAttribute('href')) ?? '';
  expect(pageAddress).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/c\/[\w-]+#pin=[\w-]{43}$/);
});

test('a visitor asks on the hosted page, opens the source, rates the answer, comes back to the chat and deletes it', async () => {
  const page = await browser.openPage();
  await page.goto(pageAddress);
  await page.getByText('What would you like to know?').waitFor();
  await look(page, '7-page');
  await ask(page, 'Ask a question', QUESTION);
  await page.getByRole('button', { name: SOURCE }).waitFor({ timeout: READ_MS });
  await look(page, '8-page-answer');
  await openSource(page);
  await look(page, '9-page-source');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'This did not help' }).click();
  await page.getByText('What was wrong?').waitFor();
  await look(page, '10-page-feedback');
  await page
    .getByRole('radio', { name: 'Something is missing' })
    .or(page.getByRole('button', { name: 'Something is missing' }))
    .first()
    .click();
  await page.getByRole('button', { name: 'Send feedback' }).click();

  await page.reload();
  await page.getByText(QUESTION).waitFor();
  await page.getByRole('button', { name: 'Delete my chat' }).click();
  await look(page, '11-page-delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete my chat' }).click();
  await page.getByText('Your chat was deleted.').waitFor();
  expect(await page.getByText(QUESTION).count()).toBe(0);
});

test('a visitor of another site opens the widget and asks; a site that is not allowed cannot show it', async () => {
  const { pathname, hash } = new URL(pageAddress);
  const slug = pathname.split('/').at(-1) ?? '';
  const pin = hash.replace('#pin=', '');
  await using site = await openSite(
    `<h1>A shop</h1><p>Buy here.</p><script src="${wire.url}/widget.js" data-bot="${slug}" data-pin="${pin}" async></script>`,
  );
  await allowWidget(site.origin);
  const page = await browser.openPage();
  await page.goto(site.origin);
  expect(await page.locator('iframe').count(), 'no frame before it is opened').toBe(0);
  await page.getByRole('button', { name: 'Open chat' }).click();
  const chat = page.frameLocator('iframe[title="Chat"]');
  expect(await page.locator('iframe').getAttribute('src'), 'the pin is in the fragment, which no server sees').toMatch(
    /\?host=[^#]*#pin=[\w-]{43}$/,
  );
  await chat.getByText('What would you like to know?').waitFor();
  await ask(chat, 'Ask a question', QUESTION);
  await chat.getByRole('button', { name: SOURCE }).waitFor({ timeout: READ_MS });
  await look(page, '12-widget');
  await openSource(chat);
  await look(page, '13-widget-source');
  await page.keyboard.press('Escape');
  await chat.getByRole('button', { name: 'Close the chat' }).click();
  await page.locator('iframe').waitFor({ state: 'hidden' });

  await using stranger = await openSite(`<h1>Elsewhere</h1><script src="${wire.url}/widget.js" data-bot="${slug}" async></script>`);
  browser.expectComplaint(/frame-ancestors|Framing/);
  const other = await browser.openPage();
  await other.goto(stranger.origin);
  await other.getByRole('button', { name: 'Open chat' }).click();
  expect(await other.frameLocator('iframe').getByRole('textbox').count()).toBe(0);
});

test('of all that, the network saw pages, the release’s files, handshakes and sealed posts, and no word', async () => {
  using connection = await openSealed(server.url);
  const { release } = await connection.check();
  const kinds = Map.groupBy(wire.passed, (passed) => kindOf(passed, release?.assets ?? {}));
  console.log(`the wire saw: ${[...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ')}`);
  expect(kinds.get('foreign')?.map(({ method, path }) => `${method} ${path}`)).toBeUndefined();
  expect(kinds.get('sealed')?.length).toBeGreaterThan(20);
  expect(kinds.get('handshake')?.length).toBeGreaterThan(3);
  // Long enough that bytes which look random do not hold one by chance.
  const words = [
    ACCOUNT.email,
    ACCOUNT.password,
    QUESTION,
    QUOTE,
    'annual',
    '/v1/organizations',
    '/v1/public',
    'Bearer ',
    'authorization',
    'org_01',
    'bot_01',
  ];
  for (const passed of [...(kinds.get('sealed') ?? []), ...(kinds.get('handshake') ?? [])]) {
    const readable = readableOf(passed);
    expect(words.filter((word) => readable.includes(word))).toEqual([]);
    expect([passed.headers.cookie, passed.headers.authorization, passed.answerHeaders['set-cookie']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

/** Only that site may show the widget; done by the API, as the screen for it has a journey of its own. */
async function allowWidget(site: string): Promise<void> {
  const client = server.client();
  const { organizations } = await client.auth.signIn({ body: ACCOUNT });
  const [{ id: org, workspaces: [{ id: workspace } = none()] = [] } = none()] = organizations;
  const [{ id: bot } = none()] = await client.bots.list({ params: { org, workspace } });
  await client.bots.deploy({ params: { org, workspace, bot, channel: 'widget' }, body: { enabled: true, allowedSites: [site] } });
}

/** A page of another origin with a strict policy of its own. */
async function openSite(body: string): Promise<{ origin: string } & AsyncDisposable> {
  const site = createServer((request, response) => {
    if (request.url !== '/') return void response.writeHead(204).end(); // the browser looks for an icon
    const policy = `default-src 'none'; script-src ${wire.url}; frame-src ${wire.url}`;
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
    response.end(`<!doctype html><html lang="en"><title>A site</title><main>${body}</main></html>`);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  const address = site.address();
  return {
    origin: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      site.close();
      site.closeAllConnections();
    },
  };
}

function none(): never {
  throw new Error('there is none');
}
