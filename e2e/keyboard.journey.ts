// The main job without a pointer: every step by Tab, Enter, Space and Escape.
import { openBrowser, type TestBrowser } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT } from './desk.ts';

const MOST_TABS = 80;
const READ_MS = 60_000;

let server: Server;
let browser: TestBrowser;
beforeAll(async () => {
  await buildClients({ production: false });
  server = await startServer();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** What a screen reader would call the element in focus, near enough: its label, its own words or its field's label. */
function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const labels = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? [...(element.labels ?? [])] : [];
    return element?.getAttribute('aria-label') ?? labels[0]?.innerText ?? (element instanceof HTMLElement ? element.innerText : '');
  });
}

/** Moves on until the named element has the focus, and shows it. */
async function tabTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    const focused = await focusedName(page);
    if (name.test(focused)) return requireVisibleFocus(page, focused);
    passed.push(focused);
    await page.keyboard.press(key);
  }
  throw new Error(`no element named ${name} by ${MOST_TABS} tabs, only: ${passed.join(' | ')}`);
}

async function requireVisibleFocus(page: Page, name: string): Promise<void> {
  const isShown = await page.evaluate(() => {
    for (let element = document.activeElement; element; element = element.parentElement) {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      if (outlineStyle !== 'none' && outlineWidth !== '0px') return true;
    }
    return false;
  });
  expect(isShown, `the focus on “${name}” can be seen`).toBe(true);
}

test('sign-up, a sample document, a question, its source, and publishing, by keyboard alone', async () => {
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-up`);
  await page.getByRole('heading', { name: 'Create your account' }).waitFor();
  await tabTo(page, /^Email/);
  await page.keyboard.type(ACCOUNT.email);
  await tabTo(page, /^Password/);
  await page.keyboard.type(ACCOUNT.password);
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { name: 'What should it answer from?' }).waitFor();
  await tabTo(page, /^Use a sample document/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Ask it something' }).waitFor();
  await page.getByText(/^Ready/).waitFor({ timeout: READ_MS });

  await tabTo(page, /^Ask a question/);
  await page.keyboard.type('Within how many days can I return an unused item?');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Source 1/ }).waitFor({ timeout: READ_MS });
  expect(await focusedName(page), 'the focus stays in the field').toMatch(/^Ask a question/);
  await tabTo(page, /^Source 1/, 'Shift+Tab');
  await page.getByRole('tooltip').waitFor(); // the quote shows on focus
  await page.keyboard.press('Enter');
  const passage = page.getByRole('dialog', { name: 'Passage' });
  await passage.locator('mark').waitFor();
  expect(await passage.locator('mark').innerText()).toMatch(/30 days/);
  await page.keyboard.press('Escape');
  await passage.waitFor({ state: 'hidden' });
  expect(await focusedName(page), 'the focus is back where it was').toMatch(/^Source 1/);

  await tabTo(page, /^Next: put it somewhere/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Put it somewhere' }).waitFor();
  await tabTo(page, /^Publish and get a link/);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Open page' }).waitFor();

  await page.keyboard.press('Control+k');
  await expect.poll(() => focusedName(page)).toBe('Search or run');
  await page.keyboard.type('Audit');
  await page.locator('[role=option][data-highlighted]', { hasText: 'Audit log' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Audit log' }).waitFor();
});
