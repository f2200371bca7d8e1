// The shield and what stands behind it: every state and every failing check on the screen, and the real check with its pins and its evidence.
import { readFile } from 'node:fs/promises';
import { CHECKS, type CheckId } from '@privexbot/attestation';
import { checkAccessibility, openBrowser, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import english from '../packages/ui/locales/en.json' with { type: 'json' };
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, openDesk, publishBot, signInOn } from './desk.ts';
import { type Staged, stageWorker } from './verification/staged-worker.ts';
import { FIRST_USE, makeVerdict } from './verification/verdicts.ts';

const OTHER_PIN = 'A'.repeat(43);
const QUESTION = 'How many days of leave do I earn?';

let server: Server;
let browser: TestBrowser;
let slug: string;
beforeAll(async () => {
  await buildClients({ production: false });
  server = await startServer();
  browser = await openBrowser();
  ({ slug } = await publishBot(await openDesk(server)));
});
afterAll(async () => {
  try {
    await browser[Symbol.asyncDispose]();
  } finally {
    // Also after a complaint of the browser: no server may be left behind.
    await server[Symbol.asyncDispose]();
  }
});

const words = (id: keyof typeof english) => english[id].message;

const STATES: Record<string, { staged: Staged | undefined; shield: keyof typeof english }> = {
  checking: { staged: undefined, shield: 'shield.checking' },
  verified: { staged: makeVerdict('verified'), shield: 'shield.verified' },
  warnings: {
    staged: makeVerdict('verified-with-warnings', {
      ...FIRST_USE,
      'tcb-status': { status: 'warned', expected: 'UpToDate', actual: 'OutOfDate' },
    }),
    shield: 'shield.verified-with-warnings',
  },
  simulated: { staged: makeVerdict('simulated', { ...FIRST_USE, chain: { status: 'warned' } }), shield: 'shield.simulated' },
  refused: {
    staged: makeVerdict('not-verified', { identity: { status: 'failed', expected: 'a1b2', actual: 'ffff' } }),
    shield: 'shield.not-verified',
  },
  unreachable: { staged: 'unreachable', shield: 'shield.unknown' },
};

const MODES: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  narrow: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  'forced-colours': { forcedColors: 'active', reducedMotion: 'reduce' },
};

async function requireFit(page: Page): Promise<void> {
  await checkAccessibility(page);
  const text = await page.locator('body').innerText();
  expect(text, 'every message has its words').not.toMatch(/\b(?:verification|check|line|limit|copy|state|destination|dialog)\.[a-z]+\b/i);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${page.url()} fits the width of the screen`).toBeLessThanOrEqual(0);
}

test.each(Object.entries(MODES))('every state in %s: on the sign-in page, in the chat, and in the panel', async (mode, options) => {
  for (const [name, { staged, shield }] of Object.entries(STATES)) {
    const page = await browser.openPage(options);
    const stage = await stageWorker(page);
    for (const path of ['/sign-in', `/c/${slug}`]) {
      await page.goto(server.url + path);
      await page.locator('[data-shield=checking]').waitFor();
      if (staged) await stage.say(staged);
      await page.locator('[data-shield]', { hasText: words(shield) }).waitFor();
      await takeScreenshot(page, `verification-${mode}-${name}-${path.split('/')[1]}`);
      await requireFit(page);
      const isClosed = name === 'refused' || name === 'unreachable';
      expect(await page.getByRole('alert').count(), `${name} says why nothing is sent`).toBe(isClosed ? 1 : 0);
      expect(await page.locator('.simulation-stripe').count()).toBe(name === 'simulated' ? 1 : 0);
    }
    await page.locator('[data-shield]').click();
    const panel = page.getByRole('dialog');
    await panel.getByRole('heading', { name: words('verification.unproven') }).waitFor();
    await takeScreenshot(page, `verification-${mode}-${name}-panel`);
    await requireFit(page);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-shield')), 'the focus is back').toBe(true);
    await page.context().close();
  }
});

test('what a simulation passed is never green', async () => {
  const page = await browser.openPage();
  const stage = await stageWorker(page);
  await page.goto(`${server.url}/verify`);
  await stage.say(makeVerdict('simulated', { chain: { status: 'warned' } }));
  await page.getByText(words('line.machine.simulated')).first().waitFor();
  const colours = await page
    .locator('main > div, .simulation-stripe')
    .first()
    .evaluate((root) => {
      const green = getComputedStyle(document.documentElement).getPropertyValue('--success').trim();
      const probe = document.createElement('i');
      probe.style.color = green;
      document.body.append(probe);
      const success = getComputedStyle(probe).color;
      return [...root.querySelectorAll('*')]
        .filter((element) => getComputedStyle(element).color === success)
        .map((element) => element.textContent);
    });
  expect(colours.filter(Boolean)).toEqual([]);
});

test('each failing check is said in plain words with what was expected and found, and closes the page', async () => {
  const page = await browser.openPage();
  const stage = await stageWorker(page);
  await page.goto(`${server.url}/verify`);
  for (const id of Object.keys(CHECKS) as CheckId[]) {
    await stage.say(
      makeVerdict('not-verified', { [id]: { status: 'failed', expected: 'wanted-value', actual: 'found-value', explain: 'In detail.' } }),
    );
    const line = page.locator('li', { hasText: words(`check.${id}.failed`) }).first();
    await line.waitFor();
    const shown = await line.innerText();
    for (const part of [words(`check.${id}.title`), 'wanted-value', 'found-value', 'In detail.']) expect(shown).toContain(part);
    await page.getByText(words('verification.means.not-verified')).waitFor();
    await stage.say(makeVerdict('verified'));
    await page.getByText(words('verification.means.verified')).waitFor();
  }
  await page.getByText(`${2 * Object.keys(CHECKS).length} checks since this page was opened`).waitFor();
});

test('what is typed and sent during the check waits, goes when it is through, and stays when it is not', async () => {
  const page = await browser.openPage();
  const stage = await stageWorker(page);
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel('Email').fill(ACCOUNT.email);
  await stage.say(makeVerdict('not-verified', { chain: { status: 'failed' } }));
  await page.getByText(words('check.chain.failed')).waitFor();
  const button = page.getByRole('button', { name: 'Continue' });
  expect(await button.getAttribute('aria-disabled')).toBe('true');
  await page.getByLabel('Email').press('Enter');
  expect(await page.getByLabel('Email').inputValue()).toBe(ACCOUNT.email);
  expect(await stage.calls()).toEqual([]);
  await page.getByRole('button', { name: words('gate.again') }).click();
  await page.locator('[data-shield=checking]').waitFor();
  await stage.say(makeVerdict('verified'));
  await expect.poll(() => button.getAttribute('aria-disabled')).toBe(null);

  await page.goto(`${server.url}/c/${slug}`);
  const field = page.getByRole('textbox', { name: 'Ask a question' });
  await field.fill(QUESTION);
  await field.press('Enter');
  await page.getByText(words('gate.waiting')).waitFor();
  await stage.say(makeVerdict('not-verified', { 'report-data': { status: 'failed' } }));
  await page.getByText(words('check.report-data.failed')).waitFor();
  expect(await field.inputValue(), 'the question is still there').toBe(QUESTION);
  expect(await stage.calls(), 'nothing was called').toEqual([]);
});

test('the first question of a day to a server with a warning names it; the next ones do not', async () => {
  const page = await browser.openPage();
  const stage = await stageWorker(page);
  await page.goto(`${server.url}/c/${slug}`);
  await stage.say(makeVerdict('verified-with-warnings', FIRST_USE));
  const field = page.getByRole('textbox', { name: 'Ask a question' });
  for (const times of [1, 0]) {
    await field.fill(QUESTION);
    await field.press('Enter');
    await expect.poll(() => page.getByText(words('line.connection.warned')).count()).toBe(times);
  }
});

test('the real check: its panel, its evidence as a file, and another check in the history', async () => {
  const page = await browser.openPage();
  await page.goto(`${server.url}/verify`);
  await page.getByText(words('line.machine.simulated')).first().waitFor();
  await page.getByText(words('verification.fact.firstUse')).waitFor();
  expect(await page.getByText(/Key words of this session: \w+-\w+-\w+\./).count()).toBe(1);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: words('verification.download') }).click(),
  ]);
  const evidence = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(evidence).toMatchObject({ v: 1, kind: 'privexbot-evidence', origin: server.url });
  await page.getByRole('button', { name: words('verification.again'), exact: true }).click();
  await page.getByText('2 checks since this page was opened').waitFor();
  await page.getByText(words('verification.fact.known')).waitFor();
  await takeScreenshot(page, 'verification-real');
  await requireFit(page);
});

test('a link that names another environment is refused: the reason is said, and nothing but the greeting was sent', async () => {
  for (const pin of [OTHER_PIN, 'damaged', '']) {
    const page = await browser.openPage();
    const kinds: (number | undefined)[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/channel') kinds.push(request.postDataBuffer()?.[0]);
    });
    await page.goto(`${server.url}/${pin === OTHER_PIN ? 'w' : 'c'}/${slug}#pin=${pin}`);
    const field = page.getByRole('textbox', { name: 'Ask a question' });
    await field.fill(QUESTION);
    await page.locator('[data-shield=not-verified]').waitFor();
    await page.getByText(words('check.identity.failed')).waitFor();
    await field.press('Enter');
    expect(await field.inputValue()).toBe(QUESTION);
    expect(
      kinds.filter((kind) => kind !== 0),
      'only hellos',
    ).toEqual([]);
    await takeScreenshot(page, `verification-pin-${pin || 'empty'}`);
    await requireFit(page);
    await page.context().close();
  }
});

test('a sign-in leaves nothing on the device but a key that cannot be read out', async () => {
  const page = await browser.openPage();
  await page.goto(`${server.url}/sign-in`);
  await signInOn(page, ACCOUNT);
  await page.waitForURL(/\/o\//);
  expect(await page.context().cookies()).toEqual([]);
  const kept = await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open('privexbot');
      opening.onsuccess = () => resolve(opening.result);
    });
    const all = (place: string) =>
      new Promise<unknown[]>((resolve) => {
        const reading = database.transaction(place).objectStore(place).getAll();
        reading.onsuccess = () => resolve(reading.result);
      });
    const pairs = (await all('device')) as CryptoKeyPair[];
    const keys = pairs.map(({ privateKey }) => ({ extractable: privateKey.extractable, usages: privateKey.usages }));
    return { keys, pins: await all('pins'), local: Object.keys(localStorage).sort(), session: Object.keys(sessionStorage) };
  });
  expect(kept.keys).toEqual([{ extractable: false, usages: ['sign'] }]);
  expect(kept.pins).toMatchObject([{ identityKey: expect.stringMatching(/^[\w-]{43}$/) }]);
  expect(kept.local.filter((name) => !['last-place', 'signed-in'].includes(name))).toEqual([]);

  await page.reload();
  await page.locator('h1').waitFor();
  expect(page.url(), 'the key is the sign-in').toMatch(/\/o\//);
});
