// Wallets that sign with real keys: sign-up and sign-in with each family, an answer declined, and one linked to an account with a password.
import { checkAccessibility, openBrowser, type Page, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT } from './desk.ts';
import { chooseWallet, openWithWallets, signOut } from './people.ts';

let server: Server;
let browser: TestBrowser;
beforeAll(async () => {
  await buildClients({ production: false });
  server = await startServer();
  browser = await openBrowser();
  // Before anybody is signed in, and for the wallet that belongs to somebody else.
  browser.expectComplaint(/401|409/);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function goToWallet(page: Page, wallet: string): Promise<void> {
  await page.goto(`${server.url}/sign-in`);
  await chooseWallet(page, wallet);
}

test('a browser without a wallet says how to get one', async () => {
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole('button', { name: 'Wallet' }).click();
  await page.getByRole('heading', { name: 'No wallet was found' }).waitFor();
  await checkAccessibility(page);
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await page.locator('input[name=email]').waitFor();
});

test('each family signs up, and in again, with the text shown before it is signed', async () => {
  const page = await openWithWallets(browser, 'journey');
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole('button', { name: 'Wallet' }).click();
  await page.getByRole('button', { name: 'Test Solana' }).waitFor();
  await takeScreenshot(page, 'wallets-choose');
  await checkAccessibility(page);

  await goToWallet(page, 'Test Ethereum');
  const text = await page.locator('pre').innerText();
  expect(text).toContain(`${new URL(server.url).host} wants you to sign in with your Ethereum account:\n0x`);
  expect(text).toMatch(/This costs nothing and moves nothing\.[\s\S]*Nonce: [0-9a-f]{32}[\s\S]*Expiration Time: /);
  await takeScreenshot(page, 'wallets-read');
  await checkAccessibility(page);
  await page.evaluate(() => Object.assign((window as unknown as { person: object }).person, { declines: true }));
  await page.getByRole('button', { name: 'Sign with Test Ethereum' }).click();
  await page.getByRole('alert').getByText('Test Ethereum says that you declined.').waitFor();
  await page.getByRole('button', { name: 'Sign with Test Ethereum' }).click();
  await page.waitForURL(/\/o\//);
  const first = page.url();
  await signOut(page);

  await goToWallet(page, 'Test Ethereum');
  await page.getByRole('button', { name: 'Sign with Test Ethereum' }).click();
  await page.waitForURL(first);
  await signOut(page);

  await goToWallet(page, 'Test Solana');
  await page.getByRole('button', { name: 'Sign with Test Solana' }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/o/') && url.href !== first);
  await signOut(page);
});

test('by keyboard alone, on another chain of Cosmos', async () => {
  const page = await openWithWallets(browser, 'keyboard');
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole('button', { name: 'Wallet' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Choose a wallet' }).waitFor();
  for (let tabs = 0; (await page.evaluate(() => document.activeElement?.tagName)) !== 'SELECT'; tabs++) {
    expect(tabs).toBeLessThan(10);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('osmo1').waitFor();
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Read, then sign');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/o\//);
});

test('a wallet is linked to an account with a password and opens it; one that is somebody else’s is not', async () => {
  const page = await openWithWallets(browser, 'linked');
  await page.goto(`${server.url}/sign-up`);
  await page.locator('input[name=email]').fill(ACCOUNT.email);
  await page.locator('input[name=password]').fill(ACCOUNT.password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/\/o\//);
  await page.goto(`${server.url}/account?tab=security`);
  await page.getByRole('button', { name: 'Link a wallet' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Keplr' }).click();
  await dialog.getByText('Make this wallet a way to sign in to my account at PrivexBot.').waitFor();
  await takeScreenshot(page, 'wallets-link');
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'Sign with Keplr' }).click();
  await page.getByText(/Wallet cosmos1.*….* linked\./).waitFor();
  await signOut(page);

  await goToWallet(page, 'Keplr');
  await page.getByRole('button', { name: 'Sign with Keplr' }).click();
  await page.waitForURL(/\/o\//);
  await page.goto(`${server.url}/account`);
  await page.getByText(ACCOUNT.email).waitFor();
  await signOut(page);

  const other = await openWithWallets(browser, 'linked');
  await goToWallet(other, 'Test Ethereum');
  await other.getByRole('button', { name: 'Sign with Test Ethereum' }).click();
  await other.waitForURL(/\/o\//);
  await other.goto(`${server.url}/account?tab=security`);
  await other.getByRole('button', { name: 'Link a wallet' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Keplr' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Sign with Keplr' }).click();
  await other.getByRole('alert').getByText('This way to sign in belongs to another account.').waitFor();
});
