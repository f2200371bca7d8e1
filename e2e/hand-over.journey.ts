// An Admin hands the set-up of a connection to IT by a link; IT, without an account, proves the domain, enters the settings and tests;
// the Admin looks and makes it active.
import { type OidcProvider, startOidcProvider } from '@privexbot/enclave/features/sso/oidc/oidc-provider.fixture.ts';
import { type NameServer, startNameServer } from '@privexbot/enclave/providers/dns/name-server.fixture.ts';
import { checkAccessibility, openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, signInOn } from './desk.ts';

const DOMAIN = 'corp.test';
const SECRET = 'a-client-secret-9876';

const running = new AsyncDisposableStack();
let idp: OidcProvider;
let names: NameServer;
let server: Server;
let browser: TestBrowser;
let org: string;
let admin: Page;
beforeAll(async () => {
  await buildClients({ production: false });
  idp = running.use(await startOidcProvider());
  names = running.use(await startNameServer());
  server = running.use(await startServer({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: idp.host } }));
  browser = running.use(await openBrowser());
  browser.expectComplaint(/401|410/); // who is signed out, or has a link that ended, is told so by the server
  const client = server.client();
  const { organizations } = await client.auth.signUp({ body: ACCOUNT });
  org = organizations[0]?.id ?? '';
  await client.domains.add({ params: { org: org as never }, body: { name: DOMAIN } });
  idp.accounts.set('ida', { email: `ida@${DOMAIN}`, name: 'Ida of IT', groups: ['editors'] });
  admin = await browser.openPage();
  await admin.goto(`${server.url}/sign-in`);
  await signInOn(admin, ACCOUNT);
});
afterAll(() => running.disposeAsync());

async function look(page: Page, name: string): Promise<void> {
  await takeScreenshot(page, `hand-over-${name}`);
  await checkAccessibility(page);
}

/** On a phone and in the dark as well. */
async function lookAround(page: Page, name: string): Promise<void> {
  await look(page, name);
  const size = page.viewportSize();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  await look(page, `${name}-phone-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  if (size) await page.setViewportSize(size);
}

const section = () => admin.getByRole('region', { name: 'Let IT set it up' });

/** The link that an Admin makes, as it stands on the screen. */
async function makeLink(): Promise<string> {
  await section()
    .getByRole('button', { name: /^(Hand to IT|Make another link)$/ })
    .click();
  const link = section().locator('code');
  await link.waitFor();
  return link.innerText();
}

async function openLink(page: Page, link: string): Promise<void> {
  // A page that is open there already would only get another fragment.
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('button', { name: 'Set up in this browser' }).click();
}

test('IT sets a connection up by a link, which works once; the Admin looks and makes it active', async () => {
  await admin.goto(`${server.url}/o/${org}/sign-in`);
  await admin.getByRole('button', { name: 'Keycloak' }).click();
  await admin.getByRole('textbox', { name: 'Name' }).fill('Corp directory');
  await admin.getByRole('textbox', { name: /^Issuer/ }).fill('https://keycloak.company.test/realms/REALM');
  await admin.getByRole('textbox', { name: 'Client ID' }).fill('to be said by IT');
  await admin.getByRole('button', { name: 'Save draft' }).click();
  const link = await makeLink();
  expect(link).toMatch(new RegExp(`^${server.url}/set-up#[\\w-]{43}$`));
  await section().getByText('A link waits to be opened.').waitFor();
  await look(admin, 'made');

  const it = await browser.openPage();
  await it.goto(link);
  await it.getByRole('heading', { name: 'Set up sign-in' }).waitFor();
  expect(it.url()).toBe(`${server.url}/set-up`);
  await lookAround(it, 'open');
  await it.reload();
  await it.getByRole('button', { name: 'Set up in this browser' }).click();
  await it.getByRole('heading', { name: 'Set up Corp directory' }).waitFor();
  await look(it, 'opened');

  const twice = await it.context().newPage();
  await openLink(twice, link);
  await twice.getByRole('alert').getByText('This link no longer works').waitFor();
  await twice.getByRole('button', { name: 'Go on with what this browser opened' }).click();
  await twice.getByRole('heading', { name: 'Set up Corp directory' }).waitFor();
  await twice.close();

  const late = await browser.openPage();
  await openLink(late, link);
  await late.getByRole('alert').getByText('This link no longer works').waitFor();
  await lookAround(late, 'refused');

  const [name = '', value = ''] = await it.getByRole('region', { name: DOMAIN, exact: true }).locator('code').allInnerTexts();
  names.zone.set(name, [value]);
  await it.getByRole('button', { name: `Check now: ${DOMAIN}` }).click();
  await it.getByText('Verified', { exact: true }).waitFor();

  const redirectUri = await it.locator('dd', { hasText: '/callback' }).locator('code').innerText();
  idp.register({ id: 'privexbot', secret: SECRET, redirectUri });
  await it.getByRole('textbox', { name: /^Issuer/ }).fill(idp.issuer);
  await it.getByRole('textbox', { name: 'Client ID' }).fill('privexbot');
  await it.getByLabel('Client secret').fill(SECRET);
  await it.getByRole('button', { name: 'Save' }).click();
  await it.getByText('The one that ends with “9876” stays').waitFor();
  await it.getByRole('button', { name: 'Check the connection' }).click();
  await it.getByRole('list', { name: 'What was checked without signing in' }).getByText('The key is known').waitFor();
  const [tab] = await Promise.all([it.context().waitForEvent('page'), it.getByRole('button', { name: /^Test sign-in/ }).click()]);
  await tab.getByRole('textbox', { name: 'Account' }).fill('ida');
  await tab.getByRole('button', { name: 'Go on' }).click();
  await tab.getByText('The test passed').waitFor();
  await look(tab, 'tested');
  await tab.getByRole('link', { name: 'Go to the connection' }).click();
  await tab.getByText('not active yet').waitFor();
  await lookAround(tab, 'done');
  await tab.close();

  await admin.getByRole('button', { name: 'All connections' }).click();
  await admin.getByRole('link', { name: 'Corp directory' }).click();
  await section().getByText('Set up by the link at').waitFor();
  await expect.poll(() => admin.getByRole('textbox', { name: /^Issuer/ }).inputValue(), { timeout: 20_000 }).toBe(idp.issuer);
  await look(admin, 'set-up');
  await admin.getByRole('button', { name: 'Make active' }).click();
  await admin.getByRole('button', { name: 'Switch off' }).waitFor();
  await section().getByText('The link has ended.').waitFor();
  await it.reload();
  await it.getByRole('alert').getByText('This link no longer works').waitFor();

  await admin.goto(`${server.url}/o/${org}/audit`);
  await admin.getByText('A link to set a connection up').first().waitFor();
  for (const did of ['Link made to set a connection up', 'Link to set a connection up opened', 'Connection tested'])
    await admin.getByText(did).first().waitFor();
  await look(admin, 'audit');
});

test('a link that is revoked while somebody types says so, and what was typed is there for the next one', async () => {
  await admin.goto(`${server.url}/o/${org}/sign-in`);
  await admin.getByRole('button', { name: 'Add a connection' }).click();
  await admin.getByRole('button', { name: 'Another one' }).click();
  await admin.getByRole('textbox', { name: 'Name' }).fill('Second directory');
  await admin.getByRole('textbox', { name: /^Issuer/ }).fill('https://login.company.test');
  await admin.getByRole('textbox', { name: 'Client ID' }).fill('first');
  await admin.getByRole('button', { name: 'Save draft' }).click();
  const it = await browser.openPage();
  await openLink(it, await makeLink());
  const client = it.getByRole('textbox', { name: 'Client ID' });
  await client.fill('typed for long');
  await section().getByRole('button', { name: 'Revoke the link' }).click();
  await section().getByText('The link has ended.').waitFor();
  await it.getByRole('button', { name: 'Save' }).click();
  await it.getByText('This link no longer works. Nothing more can be changed here.').waitFor();
  expect(await client.inputValue()).toBe('typed for long');
  await lookAround(it, 'revoked');

  const again = await it.context().newPage();
  await openLink(again, await makeLink());
  await again.getByRole('heading', { name: 'Set up Second directory' }).waitFor();
  expect(await again.getByRole('textbox', { name: 'Client ID' }).inputValue()).toBe('first');
  await again.close();
  await it.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => it.getByText('This link no longer works.').count(), { timeout: 10_000 }).toBe(0);
  // What an Admin was typing is not taken away.
  await admin.getByRole('textbox', { name: 'Client ID' }).fill('typed by an Admin');
  await admin.getByRole('checkbox', { name: /^Give new people/ }).check();
  await admin.getByRole('region', { name: 'Groups become roles' }).getByRole('button', { name: 'Save' }).click();
  await admin.getByText('The settings were changed meanwhile').waitFor();
  expect(await admin.getByRole('textbox', { name: 'Client ID' }).inputValue()).toBe('typed by an Admin');
  await look(admin, 'changed-meanwhile');
  await admin.getByRole('button', { name: 'Show the saved settings' }).click();
  expect(await admin.getByRole('textbox', { name: 'Client ID' }).inputValue()).toBe('typed for long');
});
