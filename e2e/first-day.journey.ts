// One company's first day, by the screens alone: newcomers by each way, a proven domain, a colleague, three directories, single sign-on
// required, and the log that tells all of it.
import { openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { PERSON_PASSWORD } from '@privexbot/testing/slapd.ts';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectLdap, connectOidc, connectSaml, sayWhoIAm } from './connecting.ts';
import { type Counterparties, startCounterparties } from './counterparties.ts';
import { readLog, TOLD } from './first-day-log.ts';
import {
  addAuthenticator,
  chooseWallet,
  linkMailed,
  look,
  offerNothingInField,
  openWithWallets,
  type Passkey,
  signOut,
  typeAddress,
  untilInside,
} from './people.ts';

const MARIA = { email: 'maria@corp.example', password: 'correct horse battery' };
const TOM = { email: 'tom@freelance.example', password: 'another horse battery' };

const running = new AsyncDisposableStack();
let outside: Counterparties;
let browser: TestBrowser;
let maria: Page;
let passkeys: readonly Passkey[];
let tom: Page;
let ana: Page;
let lea: Page;
beforeAll(async () => {
  outside = await startCounterparties(running);
  browser = running.use(await openBrowser());
  browser.expectComplaint(/401|403/);
  maria = await openWithWallets(browser, 'maria');
  await offerNothingInField(maria);
});
afterAll(() => running.disposeAsync());

/** One walk: where a step was not possible, those after it are not. */
let isStuck = false;
beforeEach(({ skip }) => skip(isStuck));
afterEach(async ({ task }) => {
  if (isStuck || task.result?.state !== 'fail') return;
  isStuck = true;
  for (const [index, page] of browser.pages().entries()) await takeScreenshot(page, `first-day-stuck-${index}`).catch(() => undefined);
});

const shot = (page: Page, name: string) => look(page, `first-day-${name}`);
const go = (page: Page, area: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: area }).click();
const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click();
const inside = (page: Page) => untilInside(page, outside.url);

async function openAt(path: string): Promise<Page> {
  const page = await browser.openPage();
  await page.goto(`${outside.url}${path}`);
  return page;
}

test('each way makes a newcomer an account', async () => {
  await maria.goto(`${outside.url}/sign-up`);
  await maria.locator('input[name=email]').fill(MARIA.email);
  await maria.locator('input[name=password]').fill(MARIA.password);
  await maria.getByRole('button', { name: 'Mail me a link' }).waitFor();
  await maria.getByRole('button', { name: 'Create account' }).click();
  await maria.getByRole('heading', { name: 'What should it answer from?' }).waitFor();

  const lin = await openAt('/sign-up');
  await lin.getByRole('button', { name: 'Mail me a link' }).click();
  await lin.locator('input[name=email]').fill('lin@example.com');
  await shot(lin, 'sign-up-link');
  await lin.getByRole('button', { name: 'Send a link' }).click();
  await lin.getByText('A link is on its way to you.').waitFor();
  await shot(lin, 'sign-up-link-sent');
  await lin.goto(await linkMailed(outside.mailbox.mails, 'lin@example.com'));
  await lin.getByText('This link makes your account.').waitFor();
  await shot(lin, 'sign-up-link-opened');
  await lin.getByRole('button', { name: 'Create account' }).click();
  await lin.getByRole('heading', { name: 'What should it answer from?' }).waitFor();

  const pat = await openAt('/sign-up');
  await pat.getByRole('button', { name: 'Passkey' }).click();
  await pat.getByLabel('Your name').fill('Pat');
  await addAuthenticator(pat);
  await pat.getByRole('button', { name: 'Make a passkey' }).click();
  await inside(pat);

  const wallets = await openWithWallets(browser, 'newcomer');
  const organizations = new Set<string>();
  for (const wallet of ['Test Ethereum', 'Test Solana', 'Keplr']) {
    await wallets.goto(`${outside.url}/sign-up`);
    await chooseWallet(wallets, wallet);
    await wallets.getByRole('button', { name: `Sign with ${wallet}` }).click();
    await inside(wallets);
    organizations.add(/\/o\/(\w+)/.exec(wallets.url())?.[1] ?? '');
    await signOut(wallets);
  }
  expect(organizations.size).toBe(3);
});

test('the Admin links a passkey and a wallet, and comes back by each', async () => {
  await maria.goto(`${outside.url}/account?tab=security`);
  const passkeysOfAuthenticator = await addAuthenticator(maria);
  await maria.getByRole('button', { name: 'Add a passkey' }).click();
  await maria.getByText(/Made on .*, not used yet/).waitFor();
  await maria.getByRole('button', { name: 'Link a wallet' }).click();
  const dialog = maria.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Test Ethereum' }).click();
  await dialog.getByRole('button', { name: 'Sign with Test Ethereum' }).click();
  await maria.getByText(/Wallet 0x.*….* linked\./).waitFor();

  await signOut(maria);
  await chooseWallet(maria, 'Test Ethereum');
  await maria.getByRole('button', { name: 'Sign with Test Ethereum' }).click();
  await maria.getByRole('heading', { name: 'One more step' }).waitFor();
  await takeScreenshot(maria, 'first-day-second-step');
  await maria.getByRole('button', { name: 'Use a passkey' }).click();
  await inside(maria);
  await signOut(maria);
  await usePasskey();
  passkeys = await passkeysOfAuthenticator();
  await maria.goto(`${outside.url}/account?tab=security`);
  await maria.getByText('Last used').first().waitFor();
  await shot(maria, 'two-more-ways');
});

async function usePasskey(): Promise<void> {
  await maria.getByRole('button', { name: 'Passkey' }).click();
  await maria.getByRole('button', { name: 'Use a passkey' }).click();
  await inside(maria);
}

test('the company proves its domain, and a colleague who was invited is Tier 2', async () => {
  await maria.goto(outside.url);
  await go(maria, 'Sign-in');
  await maria.getByRole('heading', { name: 'Connect your company’s directory' }).waitFor();
  await shot(maria, 'no-directory');
  await tab(maria, 'Domains');
  await maria.getByLabel('Domain', { exact: true }).fill('corp.example');
  await maria.getByRole('button', { name: 'Add domain' }).click();
  const card = maria.getByRole('region', { name: 'corp.example' });
  await card.getByText('Not verified').waitFor();
  const [record, value] = await card.locator('dd code').allInnerTexts();
  outside.names.zone.set(record ?? '', [value ?? '']);
  await card.getByRole('button', { name: 'Check now: corp.example' }).click();
  await card.getByText('Verified', { exact: true }).waitFor();
  await card.getByText('the record is there').waitFor();
  await shot(maria, 'domain-verified');

  await go(maria, 'Members');
  await tab(maria, 'Invitations');
  await maria.getByRole('button', { name: 'Invite' }).first().click();
  const dialog = maria.getByRole('dialog');
  await dialog.getByLabel('Addresses').fill(TOM.email);
  await dialog.getByLabel('Role').selectOption('tier2');
  await shot(maria, 'invite');
  await dialog.getByRole('button', { name: 'Send invitations' }).click();
  await dialog.getByRole('heading', { name: '1 person invited' }).waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();

  tom = await browser.openPage();
  await tom.goto(await linkMailed(outside.mailbox.mails, TOM.email));
  await tom.getByRole('heading', { name: 'Accept your invitation' }).waitFor();
  await tom.getByText(/^maria invites you to corp\.example as Tier 2\./).waitFor();
  await shot(tom, 'invitation');
  await tom.locator('input[name=email]').fill(TOM.email);
  await tom.locator('input[name=password]').fill(TOM.password);
  await tom.getByRole('button', { name: 'Create account' }).click();
  await inside(tom);
  await maria.reload();
  await tab(maria, 'Members');
  await expect.poll(() => member('tom'), { timeout: 20_000 }).toMatch(/Tier 2.*Active/s);
});

test('an LDAP directory is connected by the guide, and its people sign in with the password they have there', async () => {
  await go(maria, 'Sign-in');
  await connectLdap(maria, outside, 'Corp office', shot);
  ana = await openAt('/sign-in');
  await typeAddress(ana, 'ana@corp.example');
  await ana.locator('input[name=password]').fill(PERSON_PASSWORD);
  await shot(ana, 'ldap-sign-in');
  await ana.locator('button[type=submit]').click();
  await inside(ana);
});

test('an OpenID provider is connected by the guide', async () => {
  for (const [sub, groups] of [
    ['ada', ['editors', 'chess']],
    ['ben', []],
  ] as const)
    outside.oidc.accounts.set(sub, { email: `${sub}@corp.example`, name: `${sub.toUpperCase()} of Corp`, groups });
  await go(maria, 'Sign-in');
  await connectOidc(maria, outside, 'Corp cloud', shot);
});

test('a SAML provider is connected by the guide', async () => {
  await outside.saml.setPeople({ lea: { mail: 'lea@corp.example', displayName: 'Lea Example', groups: ['writers'] } });
  await go(maria, 'Sign-in');
  await connectSaml(maria, outside, 'Corp staff', shot);
  await go(maria, 'Sign-in');
  for (const name of ['Corp office', 'Corp cloud', 'Corp staff'])
    expect(await maria.getByRole('listitem').filter({ hasText: name }).innerText()).toContain('Active');
  await shot(maria, 'three-connections');
});

test('people choose among the directories by their address, and have the role of their group', async () => {
  const ada = await openAt('/sign-in');
  await typeAddress(ada, 'ada@corp.example');
  await ada.getByRole('button', { name: 'Continue to Corp cloud' }).waitFor();
  await shot(ada, 'choice');
  await ada.getByRole('button', { name: 'Continue to Corp office' }).click();
  await ada.locator('input[name=password]').waitFor();
  await ada.getByRole('button', { name: 'Back' }).click();
  await typeAddress(ada, 'ada@corp.example');
  await ada.getByRole('button', { name: 'Continue to Corp cloud' }).click();
  await sayWhoIAm(ada, 'ada');
  await inside(ada);

  lea = await openAt('/sign-in');
  await typeAddress(lea, 'lea@corp.example');
  await lea.getByRole('button', { name: 'Continue to Corp staff' }).click();
  await lea.getByRole('link', { name: 'Sign in as lea' }).click();
  await inside(lea);

  await go(maria, 'Members');
  await expect.poll(() => member('Lea Example'), { timeout: 20_000 }).toMatch(/Tier 1.*Active.*Single sign-on/s);
  expect(await member('ADA of Corp')).toMatch(/Tier 2.*Active.*Single sign-on/s);
  expect(await member('Ana Example')).toMatch(/Tier 3.*Active.*LDAP/s);
  await shot(maria, 'members');
});

test('single sign-on is required: a password stays out, a directory and the Admin who may break the glass come in', async () => {
  await go(maria, 'Sign-in');
  await tab(maria, 'Policies');
  await maria.getByLabel('Only by our identity provider').check();
  await maria.getByRole('checkbox', { name: /maria/ }).check();
  await maria.getByRole('button', { name: 'See what would change' }).click();
  const effect = maria.getByRole('region', { name: 'What would change' });
  await effect.getByText('One of 5 members could not come in with what they have now.').waitFor();
  expect(await effect.getByRole('row', { name: /tom/ }).innerText()).toContain('not known to the identity provider');
  await shot(maria, 'policies-preview');
  await maria.getByRole('button', { name: 'Set policies' }).click();
  await maria.getByText('The policies are in effect').waitFor();

  await tom.reload();
  const barred = tom.getByRole('alert').getByText('sign in with its own identity provider');
  await barred.waitFor();
  await shot(tom, 'kept-out');
  await signOut(tom);
  await typeAddress(tom, TOM.email);
  await tom.locator('input[name=password]').fill(TOM.password);
  await tom.locator('button[type=submit]').click();
  await barred.waitFor();
  await tom.getByRole('link', { name: 'Sign in another way' }).click();
  await tom.locator('input[name=email]').waitFor();

  await go(maria, 'Sign-in');
  await maria.getByRole('link', { name: 'Corp cloud' }).click();
  await maria.waitForURL(/connection=con_/);
  const connection = new URL(maria.url()).searchParams.get('connection');
  const ben = await openAt(`/sign-in/by/${connection}`);
  await ben.getByRole('button', { name: 'Continue to Corp cloud' }).waitFor();
  await shot(ben, 'by-directory');
  await ben.getByRole('button', { name: 'Continue to Corp cloud' }).click();
  await sayWhoIAm(ben, 'ben');
  await inside(ben);

  await signOut(maria);
  await addAuthenticator(maria, passkeys);
  await usePasskey();
  await go(maria, 'Members');
  await maria.getByRole('rowheader', { name: 'BEN of Corp' }).waitFor();
  await go(maria, 'Sign-in');
  await tab(maria, 'Attempts');
  await maria.getByLabel('Connection', { exact: true }).selectOption({ label: 'Corp cloud' });
  await expect.poll(() => maria.getByText('Signed in', { exact: true }).count(), { timeout: 20_000 }).toBe(2);
  await maria.locator('summary', { hasText: 'ADA of Corp' }).first().click();
  await maria.getByText('Groups without a rule').first().waitFor();
  await shot(maria, 'attempts');
});

test('what a directory takes away is taken here', async () => {
  outside.slapd.modify(
    'dn: CN=Ana Example,OU=People,DC=corp,DC=example\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n',
  );
  await go(maria, 'Sign-in');
  await maria.getByRole('link', { name: 'Corp office' }).click();
  await maria.getByRole('button', { name: 'Look people up now' }).click();
  await maria.getByText('suspended: 1').waitFor();
  await ana.reload();
  await ana.waitForURL(/\/sign-in/);

  await lea.goto(await outside.saml.endAddress('lea'));
  await lea.getByRole('heading', { name: 'Signed out of the directory' }).waitFor();
  await lea.goto(outside.url);
  await lea.waitForURL(/\/sign-in/);
  await go(maria, 'Members');
  await expect.poll(() => member('Ana Example'), { timeout: 20_000 }).toMatch(/Tier 3.*Suspended/s);
  expect(await member('BEN of Corp')).toMatch(/Tier 4.*Active/s);
});

/** What the members' screen says of somebody. */
async function member(name: string): Promise<string> {
  const row = maria.getByRole('row', { name });
  return (await row.count()) > 0 ? row.first().innerText() : '';
}

test('the audit log tells all of it, and is unbroken', async () => {
  await go(maria, 'Audit log');
  await maria.getByText('Unbroken: ').waitFor();
  await shot(maria, 'audit');
  const told = await readLog(maria);
  expect(told).toEqual(expect.arrayContaining(TOLD));
  for (const sentence of ['Connection added', 'Connection tested', 'Connection made active'])
    expect(told.filter((one) => one.includes(sentence))).toHaveLength(3);
});
