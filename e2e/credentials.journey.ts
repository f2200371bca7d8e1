// Passkeys and second factors on the screens alone, with Chromium's own authenticator.
import { checkAccessibility, openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hotp, stepAt } from '../apps/enclave/src/features/auth/credentials/totp.ts';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, signInOn } from './desk.ts';
import { addAuthenticator, offerNothingInField, signOut } from './people.ts';

let server: Server;
let browser: TestBrowser;
/** By name: browsers take no passkeys at an address that is a number. */
let url: string;
beforeAll(async () => {
  await buildClients({ production: false });
  server = await startServer();
  url = server.url.replace('127.0.0.1', 'localhost');
  browser = await openBrowser();
  await server.client().auth.signUp({ body: ACCOUNT });
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const security = (page: Page) => page.goto(`${url}/account?tab=security`);
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

function codeOf(secret: string, ahead = 0): string {
  const bits = Array.from(secret, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
  return hotp(bytes, stepAt(new Date()) + ahead);
}

test('a new person makes an account with a passkey alone, and comes back with it', async () => {
  const page = await browser.openPage();
  await page.goto(`${url}/sign-up`);
  await page.getByRole('button', { name: 'Passkey' }).click();
  await page.getByLabel('Your name').fill('Ada');
  await takeScreenshot(page, 'credentials-1-sign-up');
  await checkAccessibility(page);
  await addAuthenticator(page);
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await page.getByRole('heading', { name: 'What should it answer from?' }).waitFor();

  await security(page);
  await region(page, 'Passkeys')
    .getByText(/Made on .*, not used yet/)
    .waitFor();
  await page.getByText('There is no password: you sign in another way.').waitFor();
  // The only way in stays.
  await region(page, 'Passkeys').getByRole('button', { name: 'Remove' }).click();
  browser.expectComplaint(/409/);
  const confirm = page.getByRole('alertdialog');
  await confirm.getByRole('button', { name: 'Remove' }).click();
  await confirm.getByText(/last way into your account/).waitFor();
  await page.keyboard.press('Escape');

  // Coming back, the browser offers it in the field by itself; an authenticator that always says yes takes it at once.
  await signOut(page);
  await page.waitForURL(/\/o\//);
  await security(page);
  await region(page, 'Passkeys')
    .getByText(/last used/)
    .waitFor();
});

test('a passkey is used by its button where the browser offers nothing in the field', async () => {
  const page = await browser.openPage();
  await offerNothingInField(page);
  await page.goto(`${url}/sign-up`);
  await addAuthenticator(page);
  await page.getByRole('button', { name: 'Passkey' }).click();
  await page.getByLabel('Your name').fill('Grace');
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await page.getByRole('heading', { name: 'What should it answer from?' }).waitFor();
  await signOut(page);
  await page.getByRole('button', { name: 'Passkey' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL(/\/o\//);
});

test('a password, then an app, then a recovery code; and a passkey in their place', async () => {
  const page = await browser.openPage();
  browser.expectComplaint(/401/);
  await page.goto(`${url}/sign-in`);
  await signInOn(page, ACCOUNT);

  await security(page);
  await page.getByRole('button', { name: 'Set up an app' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('img', { name: /QR code/ }).waitFor();
  const secret = (await dialog.locator('p.font-mono').innerText()).replaceAll(' ', '');
  await takeScreenshot(page, 'credentials-2-app');
  await checkAccessibility(page);
  await dialog.getByRole('textbox', { name: 'Code' }).fill('000000');
  await dialog.getByRole('button', { name: 'Use this app' }).click();
  await dialog.getByText(/The code is wrong/).waitFor();
  await dialog.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await dialog.getByRole('button', { name: 'Use this app' }).click();
  await dialog.getByText('They are shown this once.').waitFor();
  const codes = await dialog.locator('li').allInnerTexts();
  expect(codes).toHaveLength(10);
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'I have kept them' }).click();
  await region(page, 'Recovery codes').getByText('10 are left.').waitFor();

  await signOut(page);
  await page.locator('input[name=email]').fill(ACCOUNT.email);
  await page.locator('button[type=submit]').click();
  await page.locator('input[name=password]').fill(ACCOUNT.password);
  await page.locator('button[type=submit]').click();
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  await takeScreenshot(page, 'credentials-3-second-step');
  await checkAccessibility(page);
  await page.getByRole('textbox', { name: 'Code' }).fill('123456');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(/The code is wrong/).waitFor();
  await page.getByRole('button', { name: 'Recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0]?.toUpperCase() ?? '');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/o\//);

  await security(page);
  await region(page, 'Recovery codes').getByText('9 are left.').waitFor();
  await addAuthenticator(page);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await region(page, 'Passkeys')
    .getByText(/not used yet/)
    .waitFor();
  await takeScreenshot(page, 'credentials-4-security');
  await checkAccessibility(page);
  const { items } = await auditOf(page);
  expect(items).toEqual(expect.arrayContaining(['Recovery code used', 'Way to prove oneself added', 'Signed in']));
});

/** What the audit log's screen says. */
async function auditOf(page: Page): Promise<{ items: string[] }> {
  await page.goto(url);
  await page.waitForURL(/\/o\//);
  await page.goto(`${page.url().replace(/\/$/, '')}/audit`);
  await page.getByText('Recovery code used').first().waitFor();
  const text = await page.getByRole('main').innerText();
  return { items: ['Recovery code used', 'Way to prove oneself added', 'Signed in'].filter((sentence) => text.includes(sentence)) };
}
