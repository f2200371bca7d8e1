// What opens doors asks the person again once minutes have passed, and goes on with what was begun. In this process, for its clock.
import { checkAccessibility, openBrowser, type Page, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { signInOn } from './desk.ts';

let enclave: Enclave;
let browser: TestBrowser;
let page: Page;
let base: string;
let password: string;
beforeAll(async () => {
  await buildClients({ production: false });
  enclave = await startEnclave();
  const person = await enclave.signUp();
  password = person.password;
  const url = await enclave.listen();
  base = `${url}/o/${person.org}`;
  browser = await openBrowser();
  browser.expectComplaint(/401/); // who is signed out is told so by the server
  page = await browser.openPage();
  await page.goto(url);
  await signInOn(page, person);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await enclave[Symbol.asyncDispose]();
});

test('a policy is switched on after the person proved again who they are, with nothing to enter twice', async () => {
  await page.goto(`${base}/sign-in?tab=policies`);
  await page.getByLabel('Sign in again when idle for').selectOption('60');
  await page.getByRole('button', { name: 'See what would change' }).click();
  await page.getByText(/could come in with what they have now/).waitFor();
  enclave.advance(11 * 60_000);
  browser.expectComplaint(/403/); // asked for before the dialog
  await page.getByRole('button', { name: 'Set policies' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByLabel('Password').waitFor();
  await checkAccessibility(page);
  await takeScreenshot(page, 'step-up');
  await dialog.getByLabel('Password').fill('not this one');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('You were not recognized').waitFor();
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('The policies are in effect').waitFor();
  expect(await page.getByLabel('Sign in again when idle for').inputValue()).toBe('60');
});
