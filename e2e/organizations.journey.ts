// An Admin makes an account, invites, groups, narrows a workspace and lets an agency in; the person signs in with a password of their own.
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, openDesk, signInOn } from './desk.ts';

test('people, groups, workspaces and agencies are kept on the screens', async () => {
  await buildClients({ production: false });
  await using server = await startServer();
  const { client, org } = await openDesk(server);
  await using browser = await openBrowser();
  browser.expectComplaint(/401|403|409/);
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await signInOn(page, ACCOUNT);
  await page.waitForURL(/\/o\//);

  await page.goto(`${server.url}/o/${org}/members`);
  await page.getByRole('button', { name: 'Make an account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Zoë Example');
  await dialog.getByLabel('Address').fill('zoe@example.com');
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'Make account' }).click();
  const password = await dialog.locator('code').innerText();
  await takeScreenshot(page, 'members-password');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByLabel('Find by name or address').fill('zoe');
  await page.getByRole('rowheader', { name: /Zoë Example/ }).waitFor();
  await checkAccessibility(page);
  await takeScreenshot(page, 'members');

  await page.getByRole('tab', { name: 'Groups' }).click();
  await page.getByRole('button', { name: 'New group' }).click();
  await dialog.getByLabel('Name').fill('Support');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('rowheader', { name: 'Support' }).waitFor();
  await page.getByRole('button', { name: 'Members', exact: true }).click();
  await dialog.getByLabel('Add a member').fill('zoe');
  await dialog.getByRole('button', { name: /Zoë Example zoe/ }).click();
  await dialog.getByRole('button', { name: 'Take out Zoë Example' }).waitFor();
  await checkAccessibility(page);
  await page.keyboard.press('Escape');

  // From whichever tab.
  await page.getByRole('button', { name: 'Invite' }).click();
  await dialog.getByLabel('Addresses').fill('one@example.com, two@example.com');
  await dialog.getByRole('button', { name: 'Send invitations' }).click();
  await dialog.getByRole('heading', { name: '2 people invited' }).waitFor();
  await checkAccessibility(page);
  const link = await dialog.locator('code').first().innerText();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('tab', { name: 'Invitations' }).click();
  await page.getByRole('rowheader', { name: 'two@example.com' }).waitFor();

  const guest = await browser.openPage();
  await guest.goto(link);
  await guest.getByText(/^admin invites you to .+ as Tier 2\. The invitation ends on /).waitFor();
  await checkAccessibility(guest);
  await takeScreenshot(guest, 'invitation');
  await page.getByRole('button', { name: 'Revoke' }).first().click();
  await page.getByRole('button', { name: 'Revoke' }).nth(1).waitFor({ state: 'hidden' });
  browser.expectComplaint(/410/);
  await guest.goto('about:blank');
  await guest.goto(link);
  await guest.getByText('You have not joined.').waitFor();
  expect(await guest.getByLabel('Password').count()).toBe(0);

  await page.getByRole('tab', { name: 'Agencies' }).click();
  await page.getByRole('button', { name: 'Let an agency in' }).click();
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  expect(await dialog.locator('code').innerText()).toContain('/agency#');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await checkAccessibility(page);
  await takeScreenshot(page, 'members-agencies');

  await page.goto(`${server.url}/o/${org}/settings`);
  await page
    .getByRole('button', { name: /^Who may enter/ })
    .first()
    .click();
  await dialog.getByLabel('Open to all members').uncheck();
  await dialog.getByLabel('Add a group').selectOption({ label: 'Support' });
  await checkAccessibility(page);
  await takeScreenshot(page, 'workspace-access');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Delete the organization' }).waitFor();
  await checkAccessibility(page);
  const [workspace] = await client.organizations.workspaces({ params: { org } });
  expect(workspace?.open).toBe(false);

  const other = await browser.openPage();
  await other.goto(`${server.url}/sign-in`);
  await other.locator('input[name=email]').fill('zoe@example.com');
  await other.locator('button[type=submit]').click();
  await other.locator('input[name=password]').fill(password);
  await other.locator('button[type=submit]').click();
  await other.getByLabel('New password').fill('a password of my own');
  await checkAccessibility(other);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.waitForURL(/\/o\//);
}, 300_000);
