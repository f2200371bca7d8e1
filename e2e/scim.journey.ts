// An Admin makes a token on the screen, a directory sends people and groups with it, and the screen says what came and what was refused.
import { startNameServer } from '@privexbot/enclave/providers/dns/name-server.fixture.ts';
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, openDesk, signInOn } from './desk.ts';

const DOMAIN = 'acme.test';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

test('a directory is connected by SCIM, and keeps people and groups', async () => {
  await buildClients({ production: false });
  await using names = await startNameServer();
  await using server = await startServer({ settings: { PRIVEXBOT_DNS: names.address } });
  const { client, org } = await openDesk(server);
  const { id, record } = await client.domains.add({ params: { org }, body: { name: DOMAIN } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain: id } });
  const settings = { issuer: 'https://idp.invalid', clientId: 'privexbot' };
  const provisioning = { groups: [{ group: 'Builders', role: 'tier1' as const }] };
  await client.sso.create({
    params: { org },
    body: { kind: 'oidc', name: 'Acme directory', settings, secrets: { clientSecret: 'x' }, provisioning },
  });

  await using browser = await openBrowser();
  browser.expectComplaint(/401/);
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await signInOn(page, ACCOUNT);
  await page.waitForURL(/\/o\//);
  await page.goto(`${server.url}/o/${org}/sign-in?tab=scim`);
  await page.getByText('No token yet').waitFor();
  await page.getByText('Nothing was sent yet').waitFor();
  await checkAccessibility(page);
  const address = await page.getByText(/\/scim\/v2$/).innerText();
  expect(address).toBe(`${server.url}/scim/v2`);

  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Okta');
  await dialog.getByLabel(/plain/).check();
  await takeScreenshot(page, 'scim-new-token');
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const token = await dialog.getByText(/^pxs_/).innerText();
  await takeScreenshot(page, 'scim-token');
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('rowheader', { name: 'Okta' }).waitFor();
  expect(await page.content()).not.toContain(token);

  const send = async (method: string, path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
    const response = await fetch(`${address}${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as { id: string } };
  };
  const ana = await send('POST', '/Users', { schemas: [USER], userName: `ana@${DOMAIN}`, displayName: 'Ana' });
  expect(ana.status).toBe(201);
  expect((await send('POST', '/Users', { schemas: [USER], userName: 'bob@elsewhere.test' })).status).toBe(400);
  expect((await send('POST', '/Groups', { schemas: [GROUP], displayName: 'Builders', members: [{ value: ana.body.id }] })).status).toBe(
    201,
  );

  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByRole('cell', { name: /not in a domain that the organization has verified/ }).waitFor();
  await page
    .getByRole('row', { name: /Made a group/ })
    .getByText('Builders')
    .waitFor();
  await page.reload();
  await page.getByText('The directory keeps 1 person and 1 group here.').waitFor();
  await takeScreenshot(page, 'scim');
  await checkAccessibility(page);

  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('No token yet').waitFor();
  expect((await send('POST', '/Users', { schemas: [USER], userName: `eve@${DOMAIN}` })).status).toBe(401);
});
