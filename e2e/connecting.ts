// The guided set-up of a company's directories, as an Admin goes through it: from the list of connections until people come in by one.
import { CORP, DIRECTORY_PASSWORD, PERSON_PASSWORD } from '@privexbot/testing/slapd.ts';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Counterparties } from './counterparties.ts';

type Look = (page: Page, name: string) => Promise<void>;

const SECRET = 'a-client-secret-9876';

export async function connectOidc(page: Page, { oidc }: Counterparties, name: string, look: Look): Promise<void> {
  await begin(page, 'Keycloak', 'OpenID Connect', name);
  await page.getByRole('textbox', { name: /^Issuer/ }).fill(oidc.issuer);
  await page.getByRole('textbox', { name: 'Client ID' }).fill('privexbot');
  await page.getByLabel('Client secret').fill(SECRET);
  await page.getByText('Scopes and claims').click();
  await page.getByRole('textbox', { name: 'Scopes' }).fill('openid profile email groups');
  await look(page, 'oidc-new');
  await saveDraft(page);
  const redirectUri = await ourAddress(page, '/callback');
  expect(redirectUri).toMatch(/\/sso\/con_[0-9a-z]{26}\/callback$/);
  oidc.register({ id: 'privexbot', secret: SECRET, redirectUri, backchannelLogoutUri: await ourAddress(page, '/backchannel-logout') });
  await addRule(page, 'editors', 'tier2');
  await checkHere(page, 'The key is known');
  await testInTab(
    page,
    (tab) => sayWhoIAm(tab, 'ada'),
    (tab) => look(tab, 'oidc-tested'),
  );
  await page.getByText('With these rules, ada@corp.example would have the role: Tier 2').waitFor();
  await activate(page);
  await look(page, 'oidc-active');
}

export async function connectSaml(page: Page, { saml }: Counterparties, name: string, look: Look): Promise<void> {
  await begin(page, 'Another one', 'SAML 2.0', name);
  await page.getByRole('textbox', { name: 'Metadata' }).fill(await saml.metadata());
  await look(page, 'saml-new');
  await saveDraft(page);
  await saml.trust(await (await fetch(await ourAddress(page, '/metadata'))).text());
  await addRule(page, 'writers', 'tier1');
  await testInTab(
    page,
    (tab) => tab.getByRole('link', { name: 'Sign in as lea' }).click(),
    (tab) => look(tab, 'saml-tested'),
  );
  await activate(page);
}

export async function connectLdap(page: Page, { slapd }: Counterparties, name: string, look: Look): Promise<void> {
  await begin(page, 'Another one', 'LDAP or Active Directory', name);
  await page.getByRole('textbox', { name: 'Address' }).fill(slapd.url);
  await page.getByRole('textbox', { name: /^Certificate of the authority/ }).fill(slapd.authority);
  await page.getByRole('textbox', { name: 'Account that looks people up' }).fill(CORP.bindDn);
  await page.getByLabel('Its password').fill(DIRECTORY_PASSWORD);
  await page.getByRole('textbox', { name: 'Where people are' }).fill(CORP.baseDn);
  await look(page, 'ldap-new');
  await saveDraft(page);
  await addRule(page, 'all-staff', 'tier3');
  await checkHere(page, 'The directory answers');
  await page.getByRole('textbox', { name: 'Name in the directory' }).fill('ana');
  await page.getByLabel('Password', { exact: true }).fill(PERSON_PASSWORD);
  await page.getByRole('button', { name: 'Test sign-in' }).click();
  await page.getByText('The test passed').first().waitFor();
  await activate(page);
  await page.getByText('Nobody was looked up yet.').waitFor();
  await look(page, 'ldap-active');
}

/** On the page of the OpenID provider. */
export async function sayWhoIAm(page: Page, account: string): Promise<void> {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  await page.getByRole('textbox', { name: 'Account' }).fill(account);
  await page.getByRole('button', { name: 'Go on' }).click();
}

/** From the list, or from the tiles of a company that has none yet, to the form of a kind. */
async function begin(page: Page, product: string, kind: string, name: string): Promise<void> {
  const tile = page.getByRole('button', { name: product });
  const add = page.getByRole('button', { name: 'Add a connection' });
  await add.or(tile).first().waitFor();
  if (!(await tile.isVisible())) await add.click();
  await tile.click();
  await page.getByRole('radio', { name: kind }).check();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
}

async function saveDraft(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.getByRole('region', { name: 'Groups become roles' }).waitFor();
}

/** What is to be told to the directory, by the end of the address. */
function ourAddress(page: Page, end: string): Promise<string> {
  return page.locator('dd', { hasText: end }).locator('code').innerText();
}

async function addRule(page: Page, group: string, role: string): Promise<void> {
  await page.getByRole('checkbox', { name: /^Give new people/ }).check();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByRole('textbox', { name: 'Group in the directory' }).fill(group);
  await page.getByLabel('Role', { exact: true }).selectOption(role);
  await page.getByRole('region', { name: 'Groups become roles' }).getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').first().waitFor();
}

async function checkHere(page: Page, last: string): Promise<void> {
  await page.getByRole('button', { name: 'Check the connection' }).click();
  await page.getByRole('list', { name: 'What was checked without signing in' }).getByText(last).waitFor();
}

/** Over the directory's own page, in the tab that the press opens; the Admin's own page has the result after it is loaded again. */
async function testInTab(page: Page, answer: (tab: Page) => Promise<void>, look: (tab: Page) => Promise<void>): Promise<void> {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('button', { name: /^Test sign-in/ }).click()]);
  await answer(tab);
  await tab.getByText('The test passed').waitFor();
  await look(tab);
  await tab.close();
  await page.reload();
}

async function activate(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make active' }).click();
  await page.getByRole('button', { name: 'Switch off' }).waitFor();
}
