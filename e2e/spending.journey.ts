// Limits and models by role, by the screens: who is over a limit or has no model is told so, and goes on when an Admin allows it.
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { startModelServer } from '@privexbot/testing/model-server.ts';
import { startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, openDesk, publishBot, signInOn } from './desk.ts';

test('an Admin limits what may be spent and who may use a model, and takes both back', async () => {
  await buildClients({ production: false });
  await using models = await startModelServer();
  await using server = await startServer({ settings: { PRIVEXBOT_MODEL_URL: models.url } });
  const desk = await openDesk(server);
  const { params } = await publishBot(desk, { model: 'machine', maxOutputTokens: 16 });
  const ask = async () => {
    const events = await Array.fromAsync(await desk.client.bots.ask({ params, body: { question: 'ECHO: hello' } }));
    const last = events.at(-1);
    return last?.type === 'failed' ? last.code : last?.type;
  };
  expect(await ask()).toBe('done');

  await using browser = await openBrowser();
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await signInOn(page, ACCOUNT);
  await page.goto(`${server.url}/o/${desk.org}/usage`);
  const everybody = page.locator('form').first();
  await everybody.getByText('Used so far: 18').first().waitFor();
  await everybody.getByLabel('Tokens per day').fill('many');
  await everybody.getByRole('button', { name: 'Save' }).click();
  await everybody.getByText('Enter a whole number').waitFor();
  await everybody.getByLabel('Tokens per day').fill('18');
  await checkAccessibility(page);
  await everybody.getByRole('button', { name: 'Save' }).click();
  await expect.poll(ask, { timeout: 10_000 }).toBe('spending_limit_reached');
  await takeScreenshot(page, 'usage-limits');
  await page.locator('form').first().getByLabel('Tokens per day').fill('');
  await page.locator('form').first().getByRole('button', { name: 'Save' }).click();
  await expect.poll(ask, { timeout: 10_000 }).toBe('done');

  await page.getByRole('button', { name: 'Set own limit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Tokens per month').fill('1');
  await checkAccessibility(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Own limit', { exact: true }).waitFor();
  expect(await ask()).toBe('spending_limit_reached');
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await takeScreenshot(page, 'usage-limits-phone');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('button', { name: 'Set own limit' }).click();
  await dialog.getByLabel('Tokens per month').fill('');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect.poll(ask, { timeout: 10_000 }).toBe('done');

  await page.goto(`${server.url}/o/${desk.org}/models`);
  const box = page.getByRole('checkbox', { name: /^Admin may use/ }).last();
  // It changes once the server has kept it.
  await box.click();
  await expect.poll(() => box.isChecked(), { timeout: 10_000 }).toBe(false);
  await expect.poll(ask, { timeout: 10_000 }).toBe('model_not_allowed');
  await checkAccessibility(page);
  await takeScreenshot(page, 'models-spenders');
  await page.reload();
  await box.click();
  await expect.poll(() => box.isChecked(), { timeout: 10_000 }).toBe(true);
  await expect.poll(ask, { timeout: 10_000 }).toBe('done');
});
