// A company connects a SAML provider and an LDAP directory by the screens alone; people come in, and what the directory takes away is taken here.
import { type NameServer, startNameServer } from '@privexbot/enclave/providers/dns/name-server.fixture.ts';
import { checkAccessibility, openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type SamlProvider, startSamlProvider } from '@privexbot/testing/saml-provider.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import { CORP, DIRECTORY_PASSWORD, PERSON_PASSWORD, type Slapd, startSlapd } from '@privexbot/testing/slapd.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, signInOn } from './desk.ts';

const DOMAINS = ['corp.example', 'saml.example'];

/** Ends them all, also where the browser complained. */
const running = new AsyncDisposableStack();
let slapd: Slapd;
let provider: SamlProvider;
let names: NameServer;
let server: Server;
let browser: TestBrowser;
let org: string;
let admin: Page;
beforeAll(async () => {
  await buildClients({ production: false });
  slapd = running.use(await startSlapd());
  provider = running.use(await startSamlProvider());
  names = running.use(await startNameServer());
  server = running.use(await startServer({ settings: { PRIVEXBOT_DNS: names.address, PRIVEXBOT_PRIVATE_HOSTS: '127.0.0.1' } }));
  browser = running.use(await openBrowser());
  browser.expectComplaint(/401/); // who is signed out is told so by the server
  org = await openCompany();
  admin = await browser.openPage();
  await admin.goto(`${server.url}/sign-in`);
  await signInOn(admin, ACCOUNT);
});
afterAll(() => running.disposeAsync());

/** With proven domains. */
async function openCompany(): Promise<string> {
  const client = server.client();
  const { organizations } = await client.auth.signUp({ body: ACCOUNT });
  const id = organizations[0]?.id ?? '';
  for (const name of DOMAINS) {
    const { id: domain, record } = await client.domains.add({ params: { org: id }, body: { name } });
    names.zone.set(record.name, [record.value]);
    await client.domains.verify({ params: { org: id, domain } });
  }
  return id;
}

async function look(page: Page, name: string): Promise<void> {
  await takeScreenshot(page, `directories-${name}`);
  await checkAccessibility(page);
}

/** From the tiles to the form of a kind. */
async function begin(kind: string, name: string): Promise<void> {
  await admin.goto(`${server.url}/o/${org}/sign-in`);
  const add = admin.getByRole('button', { name: 'Add a connection' });
  const tile = admin.getByRole('button', { name: 'Another one' });
  await add.or(tile).first().waitFor();
  if (!(await tile.isVisible())) await add.click();
  await tile.click();
  await admin.getByRole('radio', { name: kind }).check();
  await admin.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
}

async function addRule(group: string, role: string): Promise<void> {
  await admin.getByRole('checkbox', { name: /^Give new people/ }).check();
  await admin.getByRole('button', { name: 'Add a rule' }).click();
  await admin.getByRole('textbox', { name: 'Group in the directory' }).fill(group);
  await admin.getByLabel('Role', { exact: true }).selectOption(role);
  await admin.getByRole('region', { name: 'Groups become roles' }).getByRole('button', { name: 'Save' }).click();
  await admin.getByText('Saved').first().waitFor();
}

async function activate(): Promise<void> {
  await admin.getByRole('button', { name: 'Make active' }).click();
  await admin.getByRole('button', { name: 'Switch off' }).waitFor();
}

const isInside = (url: URL) => url.origin === server.url && !url.pathname.startsWith('/sign-in');

async function roles(): Promise<Record<string, string>> {
  const client = server.client();
  await client.auth.signIn({ body: ACCOUNT });
  const { items } = await client.members.list({ params: { org: org as never } });
  return Object.fromEntries(items.map(({ email, role, state }) => [email, state === 'active' ? role : state]));
}

test('an LDAP directory: by name and password, with roles by groups, and out when the directory says so', async () => {
  await begin('LDAP or Active Directory', 'Corp directory');
  await admin.getByRole('textbox', { name: 'Address' }).fill(slapd.url);
  await admin.getByRole('textbox', { name: /^Certificate of the authority/ }).fill(slapd.authority);
  await admin.getByRole('textbox', { name: 'Account that looks people up' }).fill(CORP.bindDn);
  await admin.getByLabel('Its password').fill(DIRECTORY_PASSWORD);
  await admin.getByRole('textbox', { name: 'Where people are' }).fill(CORP.baseDn);
  await look(admin, 'ldap-new');
  await admin.getByRole('button', { name: 'Save draft' }).click();
  await addRule('all-staff', 'tier2');
  await admin.getByRole('button', { name: 'Check the connection' }).click();
  await admin.getByRole('list', { name: 'What was checked without signing in' }).waitFor();
  await admin.getByRole('textbox', { name: 'Name in the directory' }).fill('ana');
  await admin.getByLabel('Password', { exact: true }).fill(PERSON_PASSWORD);
  await admin.getByRole('button', { name: 'Test sign-in' }).click();
  await admin.getByText('The test passed').first().waitFor();
  await activate();
  await admin.getByText('Nobody was looked up yet.').waitFor();
  await look(admin, 'ldap-connection');

  const people = await browser.openPage();
  await people.goto(`${server.url}/sign-in`);
  await people.locator('input[name=email]').fill('ana@corp.example');
  await people.locator('button[type=submit]').click();
  await people.locator('input[name=password]').fill(PERSON_PASSWORD);
  await look(people, 'ldap-sign-in');
  await people.locator('button[type=submit]').click();
  await people.waitForURL(isInside);
  expect(await roles()).toMatchObject({ 'ana@corp.example': 'tier2' });

  slapd.modify(
    'dn: CN=Ana Example,OU=People,DC=corp,DC=example\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n',
  );
  await admin.getByRole('button', { name: 'Look people up now' }).click();
  await admin.getByText('suspended: 1').waitFor();
  expect(await roles()).toMatchObject({ 'ana@corp.example': 'suspended' });
  await people.reload();
  await people.waitForURL((url) => url.pathname.startsWith('/sign-in'));
});

async function comeAsLea(page: Page): Promise<void> {
  await page.goto(`${server.url}/sign-in`);
  await page.locator('input[name=email]').fill('lea@saml.example');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue to Staff directory' }).click();
  await page.getByRole('link', { name: 'Sign in as lea' }).click();
  await page.waitForURL(isInside);
}

test('a SAML provider: by its metadata, over its own page, and out when it says so', async () => {
  await provider.setPeople({ lea: { mail: 'lea@saml.example', displayName: 'Lea Example', groups: ['writers'] } });
  await begin('SAML 2.0', 'Staff directory');
  await admin.getByRole('textbox', { name: 'Metadata' }).fill(await provider.metadata());
  await look(admin, 'saml-new');
  await admin.getByRole('button', { name: 'Save draft' }).click();
  const described = await admin.locator('dd', { hasText: '/metadata' }).locator('code').innerText();
  await provider.trust(await (await fetch(described)).text());
  await addRule('writers', 'tier1');

  const [tab] = await Promise.all([admin.context().waitForEvent('page'), admin.getByRole('button', { name: /^Test sign-in/ }).click()]);
  await tab.getByRole('link', { name: 'Sign in as lea' }).click();
  await tab.getByText('The test passed').waitFor();
  await look(tab, 'saml-tested');
  await tab.close();
  await admin.reload();
  await activate();
  await look(admin, 'saml-connection');

  const people = await browser.openPage();
  await comeAsLea(people);
  expect(await roles()).toMatchObject({ 'lea@saml.example': 'tier1' });

  const certificates = admin.getByRole('region', { name: 'Our certificate' });
  await certificates.getByRole('button', { name: 'Make a new key' }).click();
  await certificates.getByText('New, not in use yet').waitFor();
  await certificates.scrollIntoViewIfNeeded();
  await look(admin, 'saml-key-made');
  await provider.trust(await (await fetch(described)).text());
  await certificates.getByRole('button', { name: 'Use the new key' }).click();
  await certificates.getByText('Old, opens answers only').waitFor();
  await look(admin, 'saml-key-used');
  await provider.trust(await (await fetch(described)).text());
  await certificates.getByRole('button', { name: 'Remove the old key' }).click();
  await admin.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await certificates.getByRole('button', { name: 'Make a new key' }).waitFor();

  await people.goto(`${server.url}/account`);
  await people.getByRole('button', { name: 'Sign out' }).click();
  await people.getByText('Staff directory has ended its own too.').waitFor();
  await look(people, 'signed-out');
  expect(await provider.ended()).toMatchObject([{ name: 'lea' }]);
  await people.goto(server.url);
  await people.waitForURL((url) => url.pathname.startsWith('/sign-in'));

  await comeAsLea(people);
  await people.goto(await provider.endAddress('lea'));
  await people.getByRole('heading', { name: 'Signed out of the directory' }).waitFor();
  await people.goto(server.url);
  await people.waitForURL((url) => url.pathname.startsWith('/sign-in'));
});

test('an Admin hears on every screen that has to do with it that certificates end', async () => {
  await admin.getByText('The certificate of the directory ends on').waitFor();
  await admin.getByRole('button', { name: 'All connections' }).click();
  await expect.poll(() => admin.getByText('Certificate ends on').count(), { timeout: 20_000 }).toBe(2);
  await look(admin, 'certificates-list');
  await admin.goto(`${server.url}/o/${org}`);
  const told = admin.getByRole('link', { name: /^The certificate of (Corp|Staff) directory ends on/ });
  await expect.poll(() => told.count(), { timeout: 20_000 }).toBe(2);
  await look(admin, 'certificates-home');
  await admin.emulateMedia({ colorScheme: 'dark' });
  await admin.setViewportSize({ width: 390, height: 844 });
  await look(admin, 'certificates-home-phone-dark');
  await told.first().click();
  await admin.getByText('The certificate of the directory ends on').waitFor();
  await look(admin, 'certificate-phone-dark');
});
