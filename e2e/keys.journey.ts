// The root key is rotated on the screen, its receipt checked by somebody else, and everything opens after a restart.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, addText, openDesk, signInOn } from './desk.ts';

const PRIVEXBOT = fileURLToPath(new URL('../apps/cli/bin/privexbot.mjs', import.meta.url));

test('an Admin rotates the root key in Settings, and its receipt holds wherever it is checked', async () => {
  await buildClients({ production: false });
  await using server = await startServer();
  const desk = await openDesk(server);
  await addText(desk, 'Leave policy', 'Every employee earns thirty days of annual leave in a year.');
  await using browser = await openBrowser();
  browser.expectComplaint(/401/);
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await signInOn(page, ACCOUNT);
  await page.waitForURL(/\/o\//);
  await page.goto(`${server.url}/o/${desk.org}/settings`);
  const keys = page.getByRole('region', { name: 'Keys' });
  await keys.getByText('No root key has been destroyed yet.').waitFor();
  const before = await readFile(server.keyFile, 'utf8');

  await keys.getByRole('button', { name: 'Rotate the root key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/last older backup expires/).fill('2030-01-31');
  await takeScreenshot(page, 'keys-rotate');
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'Rotate the root key' }).click();
  await keys.getByRole('button', { name: /Show receipt: Epoch 1 destroyed/ }).click();
  await dialog.getByText(/it cannot be shown that it was destroyed/).waitFor();
  await takeScreenshot(page, 'keys-receipt');
  await checkAccessibility(page);
  const downloading = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download receipt' }).click();
  const file = join(server.folder, 'receipt.json');
  await (await downloading).saveAs(file);

  const { identity } = JSON.parse(await readFile(file, 'utf8')) as { identity: string };
  const { stdout } = await promisify(execFile)(process.execPath, [PRIVEXBOT, 'verify-receipt', file, '--identity', identity]);
  expect(stdout).toMatch(/signature is right[\s\S]*Epochs +1, followed by 2[\s\S]*2030-01-31/);

  const after = JSON.parse(await readFile(server.keyFile, 'utf8')) as { epochs: Record<string, string> };
  expect(Object.keys(after.epochs)).toEqual(['2']);
  expect(before).not.toContain(after.epochs[2]);
  await server.stop();
  await server.start();
  await desk.client.knowledge.documents({ params: desk.inKnowledge }); // opens a new sealed session
  const { hits } = await desk.client.knowledge.search({ params: desk.inKnowledge, body: { text: 'days of leave' } });
  expect(hits[0]?.passage.text).toContain('thirty days');
});
