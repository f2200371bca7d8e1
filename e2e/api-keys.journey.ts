// Keys made for less, by the screens: what a program may then do, where an Admin sees it, and a service account with a key of its own.
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { startServer } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT } from './desk.ts';

async function takeKey(page: Page): Promise<string> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'Your new API key' }).waitFor();
  const key = await dialog.locator('code').innerText();
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  return key;
}

test('an Admin makes a key that only asks, one for a service account, and revokes both', async () => {
  await buildClients({ production: false });
  await using server = await startServer();
  await using browser = await openBrowser();
  browser.expectComplaint(/401/);
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-up`);
  await page.locator('input[name=email]').fill(ACCOUNT.email);
  await page.locator('input[name=password]').fill(ACCOUNT.password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/\/o\//);
  const org = /\/o\/(org_\w+)/.exec(page.url())?.[1] ?? '';
  await page.goto(`${server.url}/o/${org}/keys`);
  await page.getByText('No API key yet').waitFor();
  await checkAccessibility(page);

  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Website search');
  await dialog.getByLabel('Chosen permissions').check();
  await checkAccessibility(page);
  await takeScreenshot(page, 'api-keys-new');
  await dialog.getByLabel('Ask chatbots and models').check();
  await dialog.getByLabel('Networks').fill('127.0.0.0/8\nexample.com');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await dialog.getByText('“example.com” is no network.').waitFor();
  await dialog.getByLabel('Networks').fill('127.0.0.0/8');
  await dialog.getByLabel('Works until').selectOption({ label: '30 days' });
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const key = await takeKey(page);

  const program = server.client(key);
  expect((await program.openai.models()).data).toEqual([]);
  await expect(program.members.list({ params: { org } })).rejects.toMatchObject({ code: 'key_scope' });
  await page.reload();
  const row = page.getByRole('row', { name: /Website search/ });
  await row.getByText(/from 127\.0\.0\.1/).waitFor();
  await row.getByText('Only from 127.0.0.0/8').waitFor();
  await takeScreenshot(page, 'api-keys');
  await checkAccessibility(page);

  await page.getByRole('tab', { name: 'Service accounts' }).click();
  await page.getByText('No service account yet').waitFor();
  await page.getByRole('button', { name: 'New service account' }).click();
  await dialog.getByLabel('Name').fill('Nightly import');
  await dialog.getByLabel('Role').selectOption({ label: 'Tier 2' });
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'Create account' }).click();
  const service = page.getByRole('row', { name: /Nightly import/ });
  await service.getByRole('button', { name: 'New API key' }).click();
  await dialog.getByLabel('Name').fill('Nightly');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const importer = server.client(await takeKey(page));
  await importer.openai.models();
  await expect(importer.audit.list({ params: { org } })).rejects.toMatchObject({ code: 'not_allowed' });
  await takeScreenshot(page, 'api-keys-services');
  await checkAccessibility(page);

  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole('tab', { name: 'Everybody’s keys' }).click();
  await page.getByText('Website search').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await takeScreenshot(page, 'api-keys-all-phone');
  await checkAccessibility(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page
    .getByRole('row', { name: /Website search/ })
    .getByRole('button', { name: 'Revoke' })
    .click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('“Website search” was revoked.').waitFor();
  await expect(program.openai.models()).rejects.toMatchObject({ code: 'not_signed_in' });

  await page.getByRole('tab', { name: 'Service accounts' }).click();
  await service.getByRole('button', { name: 'Delete' }).click();
  const alert = page.getByRole('alertdialog');
  await alert.getByText('Its key stops working at once.').waitFor();
  await alert.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('“Nightly import” was deleted.').waitFor();
  await expect(importer.openai.models()).rejects.toMatchObject({ code: 'not_signed_in' });
});
