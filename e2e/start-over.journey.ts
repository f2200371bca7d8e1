// A server that was set up anew at the same address: how a browser that knew the old one gets on, and where it must not.
import { checkAccessibility, openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import english from '../packages/ui/locales/en.json' with { type: 'json' };
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, openDesk, publishBot, signInOn } from './desk.ts';
import { openWire, type Wire } from './wire.ts';

let wire: Wire;
let old: Server;
let anew: Server;
let browser: TestBrowser;
let slug: string;

beforeAll(async () => {
  await buildClients({ production: false });
  wire = await openWire();
  const settings = { PRIVEXBOT_PUBLIC_URL: wire.url };
  [old, anew] = await Promise.all([startServer({ settings }), startServer({ settings })]);
  browser = await openBrowser();
  // Who is signed in is asked for while the page comes up, and nothing is sent.
  browser.expectComplaint(/The server cannot be reached/);
  ({ slug } = await publishBot(await openDesk(old)));
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await old[Symbol.asyncDispose]();
  await anew[Symbol.asyncDispose]();
  await wire[Symbol.asyncDispose]();
});

const words = (id: keyof typeof english) => english[id].message;
const offer = (page: Page) => page.getByRole('alert').getByRole('button', { name: words('startOver.offer') });
const isOpen = (page: Page) => page.locator('[data-shield]', { hasText: words('shield.simulated') }).waitFor();

async function open(path: string): Promise<Page> {
  wire.target = old.url;
  const page = await browser.openPage();
  await page.goto(wire.url + path);
  await isOpen(page);
  return page;
}

/** Another server answers there from now on. */
async function replace(page: Page, server: Server): Promise<void> {
  wire.target = server.url;
  await page.reload();
  await page.getByRole('alert').waitFor();
}

test('a developer forgets the old environment in two steps, signs in anew, and is no stranger to the next check', async () => {
  const page = await open('/sign-in');
  await signInOn(page, ACCOUNT);
  await replace(page, anew);
  await takeScreenshot(page, 'start-over-1-offer');
  await offer(page).click();
  const confirm = page.getByRole('alert').getByRole('button', { name: words('startOver.confirm') });
  expect(await page.getByRole('alert').innerText()).toContain(words('startOver.means').replace('{address}', new URL(wire.url).host));
  await checkAccessibility(page);
  await takeScreenshot(page, 'start-over-2-confirm');
  await confirm.click();
  await isOpen(page);
  await page.reload();
  await isOpen(page);
  expect(await page.getByRole('alert').count()).toBe(0);

  // Back at the old one its session is of no use: the key that it belonged to is gone.
  await replace(page, old);
  await offer(page).click();
  await confirm.click();
  await page.waitForURL(/\/sign-in/);
  await isOpen(page);
  await signInOn(page, ACCOUNT);
});

test('a visitor’s chat offers the same, in the note and in the panel', async () => {
  const page = await open(`/c/${slug}`);
  await replace(page, anew);
  await offer(page).waitFor();
  await page.locator('[data-shield]').click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words('startOver.offer') })
    .click();
  await checkAccessibility(page);
  await takeScreenshot(page, 'start-over-3-panel');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words('startOver.confirm') })
    .click();
  await isOpen(page);
});

test('an environment that was verified on hardware, or that a link names, is not given up', async () => {
  const page = await open('/sign-in');
  await page.evaluate(rememberAsVerified);
  await replace(page, anew);
  const note = page.getByRole('alert');
  await note.getByText('delete what the browser keeps for this site').waitFor();
  expect(await offer(page).count()).toBe(0);
  await checkAccessibility(page);
  await takeScreenshot(page, 'start-over-4-by-hand');

  const pinned = await browser.openPage();
  await pinned.goto(`${wire.url}/c/${slug}#pin=${'A'.repeat(43)}`);
  await pinned.getByRole('alert').getByText(words('gate.kept')).waitFor();
  await pinned.getByText('Another environment answers at this address').waitFor();
  expect(await offer(pinned).count()).toBe(0);
});

/** As if real hardware had answered there once. */
async function rememberAsVerified(): Promise<void> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await settled(indexedDB.open('privexbot'));
  const pins = database.transaction('pins', 'readwrite').objectStore('pins');
  const known = await settled(pins.get(location.origin));
  await settled(pins.put({ ...known, wasVerified: true }, location.origin));
  database.close();
}
