// Who decides how people get in, by the screens alone: a domain is proven, policies are looked at and set, and the log tells and proves it.
import { readFile } from 'node:fs/promises';
import { startNameServer } from '@privexbot/enclave/providers/dns/name-server.fixture.ts';
import { verifyAuditExport } from '@privexbot/sdk';
import { checkAccessibility, openBrowser, type Page, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, openDesk, signInOn } from './desk.ts';

let names: Awaited<ReturnType<typeof startNameServer>>;
let server: Server;
let browser: TestBrowser;
let page: Page;
let base: string;
beforeAll(async () => {
  await buildClients({ production: false });
  names = await startNameServer();
  server = await startServer({ settings: { PRIVEXBOT_DNS: names.address } });
  browser = await openBrowser();
  const { org } = await openDesk(server);
  base = `${server.url}/o/${org}`;
  browser.expectComplaint(/401/); // who is signed out is told so by the server
  page = await browser.openPage();
  await page.goto(server.url);
  await signInOn(page, ACCOUNT);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

test('a domain is proven by its record', async () => {
  await page.goto(`${base}/sign-in?tab=domains`);
  await page.getByText('No domain yet').waitFor();
  await checkAccessibility(page);
  browser.expectComplaint(/400/);
  await page.getByLabel('Domain', { exact: true }).fill('gmail.com');
  await page.getByRole('button', { name: 'Add domain' }).click();
  await page.getByText('is no public mail service').waitFor();
  await page.getByLabel('Domain', { exact: true }).fill('ACME.test.');
  await page.getByRole('button', { name: 'Add domain' }).click();
  const card = page.getByRole('region', { name: 'acme.test' });
  await card.getByText('Not verified').waitFor();
  await card.getByRole('button', { name: 'Check now: acme.test' }).click();
  await card.getByText('there is no TXT record').waitFor();
  const value = (await card.getByText(/^privexbot-domain=/).textContent()) ?? '';
  names.zone.set('_privexbot.acme.test', [value]);
  await card.getByRole('button', { name: 'Check now: acme.test' }).click();
  await card.getByText('the record is there').waitFor();
  await checkAccessibility(page);
  await takeScreenshot(page, 'governance-domains');
});

test('policies are set once their effect was seen, and not against oneself', async () => {
  await page.goto(`${base}/sign-in?tab=policies`);
  const save = page.getByRole('button', { name: 'Set policies' });
  await page.getByText('Nothing was changed').first().waitFor();
  await checkAccessibility(page);
  await page.getByLabel('Those who sign in here').check();
  await page.getByRole('button', { name: 'See what would change' }).click();
  await page.getByText('This would keep you out yourself: no second factor').waitFor();
  await checkAccessibility(page);
  await takeScreenshot(page, 'governance-policies');
  expect(await save.isDisabled().catch(() => true)).toBe(true);

  await page.getByLabel('Nobody', { exact: true }).check();
  await page.getByLabel('Only by our identity provider').check();
  await page.getByRole('button', { name: 'See what would change' }).click();
  await page.getByText('No connection was tested and is active').waitFor();
  await page.getByText('Nobody could come in on the day').waitFor();
  await checkAccessibility(page);
  await takeScreenshot(page, 'governance-sso-missing');
  expect(await save.isDisabled().catch(() => true)).toBe(true);
  await page.getByLabel('Only by our identity provider').uncheck();
  await page.getByLabel('Keep verified domains to this organization').check();
  await page.getByLabel('Sign in again when idle for').selectOption('60');
  await page.getByRole('button', { name: 'See what would change' }).click();
  await page.getByText(/could come in with what they have now/).waitFor();
  await save.click();
  await page.getByText('The policies are in effect').waitFor();
  await page.reload();
  await page.getByLabel('Keep verified domains to this organization').waitFor();
  expect(await page.getByLabel('Keep verified domains to this organization').isChecked()).toBe(true);
});

test('the log tells it, is narrowed, and proves itself as a file', async () => {
  await page.goto(`${base}/audit`);
  await page.getByText('Unbroken').waitFor();
  await page.getByText('Policies changed').waitFor();
  await page.getByText('Domain verified').waitFor();
  await checkAccessibility(page);
  await page.getByLabel('About').selectOption('domain');
  await page.getByText('Domain added').waitFor();
  await expect.poll(() => page.getByText('Policies changed').count()).toBe(0);
  await page.getByText('Domain added').click();
  await page.getByRole('button', { name: 'Only about this' }).first().click();
  await page.getByRole('button', { name: /Any object, not only/ }).waitFor();
  await takeScreenshot(page, 'governance-audit');
  await page.goto(`${base}/audit`);
  await page.getByRole('button', { name: 'Export' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /All of it/ }).click();
  const path = await (await downloading).path();
  const bytes = await readFile(path);
  const report = await verifyAuditExport(
    (async function* () {
      yield bytes;
    })(),
  );
  expect(report).toMatchObject({ complete: true });
  expect(report.entries).toBeGreaterThan(5);
});

test('how long the log is kept, and where it goes, is said before it is done', async () => {
  await page.goto(`${base}/audit`);
  await page.getByLabel('Keep entries').selectOption('365');
  await page.getByText('Keep entries for 1 year only?').waitFor();
  await checkAccessibility(page);
  await page.getByRole('button', { name: 'Drop older entries' }).click();
  await page.getByText('Changed how long entries are kept').waitFor();
  await page.getByRole('button', { name: 'Send entries somewhere' }).click();
  await page.getByLabel('Name').fill('SIEM');
  await page.getByLabel('Address').fill('https://192.168.1.1/hook');
  browser.expectComplaint(/422/);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Nothing was added').waitFor();
  await checkAccessibility(page);
});
