// A company connects its OpenID provider by the screens alone, and its people come in with the roles of their groups.
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

let idp: OidcProvider;
let names: NameServer;
let server: Server;
let browser: TestBrowser;
let org: string;
beforeAll(async () => {
  await buildClients({ production: false });
  idp = await startOidcProvider();
  names = await startNameServer();
  server = await startServer({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: idp.host } });
  browser = await openBrowser();
  browser.expectComplaint(/401/); // who is signed out is told so by the server
  org = await openCompany();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
  await idp[Symbol.asyncDispose]();
});

/** With a proven domain. */
async function openCompany(): Promise<string> {
  const client = server.client();
  const { organizations } = await client.auth.signUp({ body: ACCOUNT });
  const id = organizations[0]?.id ?? '';
  const { id: domain, record } = await client.domains.add({ params: { org: id }, body: { name: DOMAIN } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org: id, domain } });
  for (const [sub, groups] of [
    ['ada', ['editors', 'chess']],
    ['ben', []],
  ] as const)
    idp.accounts.set(sub, { email: `${sub}@${DOMAIN}`, name: `${sub.toUpperCase()} of Corp`, groups });
  return id;
}

async function look(page: Page, name: string): Promise<void> {
  await takeScreenshot(page, `sso-${name}`);
  await checkAccessibility(page);
}

/** On the provider's own page. */
async function sayWhoIAm(page: Page, account: string): Promise<void> {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  await page.getByRole('textbox', { name: 'Account' }).fill(account);
  await page.getByRole('button', { name: 'Go on' }).click();
}

test('an Admin connects, tests and activates; people come by the directory, and each attempt is told', async () => {
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await signInOn(page, ACCOUNT);
  await page.goto(`${server.url}/o/${org}/sign-in`);
  await page.getByRole('heading', { name: 'Connect your company’s directory' }).waitFor();
  await look(page, 'empty');

  await page.getByRole('button', { name: 'Keycloak' }).click();
  await look(page, 'new');
  await page.getByRole('textbox', { name: 'Name' }).fill('Corp directory');
  await page.getByRole('textbox', { name: /^Issuer/ }).fill(idp.issuer);
  await page.getByRole('textbox', { name: 'Client ID' }).fill('privexbot');
  await page.getByLabel('Client secret').fill(SECRET);
  await page.getByText('Scopes and claims').click();
  await page.getByRole('textbox', { name: 'Scopes' }).fill('openid profile email groups');
  await page.getByRole('checkbox', { name: 'Signing out here signs out at the directory too' }).check();
  await page.getByRole('button', { name: 'Save draft' }).click();

  const redirect = page.locator('dd', { hasText: '/callback' }).locator('code');
  const logout = page.locator('dd', { hasText: '/backchannel-logout' }).locator('code');
  const signedOut = page.locator('dd', { hasText: '/signed-out' }).locator('code');
  const redirectUri = await redirect.innerText();
  expect(redirectUri).toMatch(/\/sso\/con_[0-9a-z]{26}\/callback$/);
  const [backchannelLogoutUri, postLogoutRedirectUri] = [await logout.innerText(), await signedOut.innerText()];
  idp.register({ id: 'privexbot', secret: SECRET, redirectUri, backchannelLogoutUri, postLogoutRedirectUri });

  await page.getByRole('checkbox', { name: /^Give new people/ }).check();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByRole('textbox', { name: 'Group in the directory' }).fill('editors');
  await page.getByLabel('Role', { exact: true }).selectOption('tier2');
  const groups = page.getByRole('region', { name: 'Groups become roles' });
  await groups.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').first().waitFor();

  await page.getByRole('button', { name: 'Check the connection' }).click();
  await page.getByRole('list', { name: 'What was checked without signing in' }).getByText('The key is known').waitFor();

  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('button', { name: /^Test sign-in/ }).click()]);
  await sayWhoIAm(tab, 'ada');
  await tab.getByText('The test passed').waitFor();
  await look(tab, 'tested');
  await tab.close();
  await page.reload();
  await page.getByText('With these rules, ').waitFor();
  await look(page, 'connection');
  await page.getByRole('button', { name: 'Make active' }).click();
  await page.getByRole('button', { name: 'Switch off' }).waitFor();

  const connection = /con_[0-9a-z]{26}/.exec(redirectUri)?.[0];
  const people = await browser.openPage();
  await people.goto(`${server.url}/sign-in/by/${connection}`);
  await people.getByRole('button', { name: 'Continue to Corp directory' }).waitFor();
  await look(people, 'by-directory');
  await people.getByRole('button', { name: 'Continue to Corp directory' }).click();
  await sayWhoIAm(people, 'ada');
  await people.getByRole('heading', { level: 1 }).waitFor();
  await people.waitForURL((url) => !url.pathname.startsWith('/sign-in'));

  const typed = await browser.openPage();
  await typed.goto(`${server.url}/sign-in`);
  await typed.locator('input[name=email]').fill(`ben@${DOMAIN}`);
  await typed.locator('button[type=submit]').click();
  await typed.getByRole('button', { name: 'Continue to Corp directory' }).click();
  await sayWhoIAm(typed, 'ben');
  await typed.waitForURL((url) => url.origin === server.url && !url.pathname.startsWith('/sign-in'));

  await people.goto(`${server.url}/account`);
  await people.getByRole('button', { name: 'Sign out' }).click();
  await people.getByRole('button', { name: 'Yes, sign me out' }).click();
  await people.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await people.getByText('Corp directory is asked to sign you out there too.').waitFor();
  await look(people, 'signed-out');
  // Neither here nor there.
  await people.getByRole('link', { name: 'Sign in again' }).click();
  await people.goto(`${server.url}/sign-in/by/${connection}`);
  await people.getByRole('button', { name: 'Continue to Corp directory' }).click();
  await sayWhoIAm(people, 'ada');
  await people.waitForURL((url) => url.origin === server.url && !url.pathname.startsWith('/sign-in'));

  await page.getByRole('tab', { name: 'Attempts' }).click();
  await expect.poll(() => page.getByText('Signed in', { exact: true }).count(), { timeout: 20_000 }).toBe(3);
  await page.locator('summary', { hasText: 'ADA of Corp' }).first().click();
  await page.getByText('Groups without a rule').first().waitFor();
  await look(page, 'attempts');
  const members = await roles();
  expect(members).toEqual({ [ACCOUNT.email]: 'admin', [`ada@${DOMAIN}`]: 'tier2', [`ben@${DOMAIN}`]: 'tier4' });
});

test('whoever comes by the directory alone proves there who they are, and is back where they were', async () => {
  const page = await browser.openPage();
  const { id } = (await connections())[0] ?? {};
  const enter = async () => {
    await page.goto(`${server.url}/sign-in/by/${id}`);
    await page.getByRole('button', { name: 'Continue to Corp directory' }).click();
  };
  await enter();
  await sayWhoIAm(page, 'ben');
  await page.waitForURL((url) => url.origin === server.url && !url.pathname.startsWith('/sign-in'));
  await page.goto(`${server.url}/account`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).waitFor(); // left unpressed, so that the directory goes on
  idp.letAge(11 * 60);
  await enter();
  await page.waitForURL((url) => url.origin === server.url && !url.pathname.startsWith('/sign-in'));

  await page.goto(`${server.url}/account?tab=security`);
  browser.expectComplaint(/403/); // asked for before the dialog
  await page.getByRole('button', { name: 'Set up an app' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByRole('button', { name: 'Continue to Corp directory' }).waitFor();
  await look(page, 'step-up');
  await dialog.getByRole('button', { name: 'Continue to Corp directory' }).click();
  await sayWhoIAm(page, 'ben');
  await page.waitForURL(/\/account\?tab=security/);
  await page.getByRole('button', { name: 'Set up an app' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
});

async function connections() {
  const client = server.client();
  await client.auth.signIn({ body: ACCOUNT });
  return client.sso.list({ params: { org: org as never } });
}

async function roles(): Promise<Record<string, string>> {
  const client = server.client();
  await client.auth.signIn({ body: ACCOUNT });
  const { items } = await client.members.list({ params: { org: org as never } });
  return Object.fromEntries(items.map(({ email, role }) => [email ?? '', role]));
}
