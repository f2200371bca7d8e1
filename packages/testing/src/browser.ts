// A real browser for journeys: the system's Chromium, which fails the test on anything the page complains about.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { findChromium } from './chromium.ts';

export type { Page };

const ARTIFACTS = fileURLToPath(new URL('../../../.artifacts', import.meta.url));

export interface TestBrowser extends AsyncDisposable {
  /** A page with cookies and storage of its own. */
  openPage(options?: BrowserContextOptions): Promise<Page>;
  /** All that are open. */
  pages(): Page[];
  /** Complaints that match are the point of the test, such as the 401 of a wrong password. */
  expectComplaint(pattern: RegExp): void;
}

/**
 * Opens Chromium without a window. Disposing closes it and throws if any page logged an error or a warning of its content security policy,
 * or threw, beyond what was expected.
 */
export async function openBrowser(): Promise<TestBrowser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium is installed (on Debian: apt-get install chromium).');
  const browser = await chromium.launch({ executablePath, args: flags() });
  const complaints: string[] = [];
  const expected: RegExp[] = [];
  return {
    openPage: (options) => openPage(browser, complaints, options),
    pages: () => browser.contexts().flatMap((context) => context.pages()),
    expectComplaint: (pattern) => void expected.push(pattern),
    async [Symbol.asyncDispose]() {
      await browser.close();
      const unexpected = complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)));
      if (unexpected.length) throw new Error(`The browser complained:\n${unexpected.join('\n')}`);
    },
  };
}

/** Without them Chromium speaks to its maker's servers; root can't have the sandbox. */
function flags(): string[] {
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return process.getuid?.() === 0 ? [...quiet, '--no-sandbox'] : quiet;
}

async function openPage(browser: Browser, complaints: string[], options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.on('console', (message) => {
    const { url } = message.location();
    if (message.type() === 'error' || /content security policy|trusted ?type/i.test(message.text()))
      complaints.push(`${message.text()} (${url})`);
  });
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
  return context.newPage();
}

/** Keeps a picture of the page in the git-ignored `.artifacts/screenshots`; returns its path. */
export async function takeScreenshot(page: Page, name: string): Promise<string> {
  const path = join(ARTIFACTS, 'screenshots', `${name}.png`);
  await mkdir(join(ARTIFACTS, 'screenshots'), { recursive: true });
  await page.screenshot({ path, fullPage: true });
  return path;
}

/** Waits for every animation that has an end. */
const SETTLED = `Promise.allSettled(
  document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity).map(({ finished }) => finished)
).then(() => undefined)`;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const nodesSchema = z.array(z.object({ target: z.array(z.unknown()) }));
const findingSchema = z.object({ id: z.string(), help: z.string(), nodes: nodesSchema });
const resultsSchema = z.object({
  violations: z.array(findingSchema),
  passes: z.number(),
  inapplicable: z.number(),
  incomplete: z.number(),
});

/**
 * Checks the page, frames included, against WCAG 2.2 A and AA; throws with every finding, else returns how many rules were checked.
 * Axe runs in a world of its own beside the page's scripts, so it works under any content security policy and the page can't see it.
 */
export async function checkAccessibility(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    // What fades in has another contrast until it is there.
    await page.evaluate(SETTLED);
    const results = [];
    for (const frameId of await listFrames(session)) results.push(await runAxe(session, frameId));
    const findings = results.flatMap(({ violations }) => violations);
    if (findings.length) throw new Error(`${page.url()} is not accessible:\n${findings.map(describeFinding).join('\n')}`);
    return Math.max(...results.map(({ passes, inapplicable, incomplete }) => passes + inapplicable + incomplete));
  } finally {
    await session.detach();
  }
}

type FrameTree = Awaited<ReturnType<typeof getFrameTree>>;

async function getFrameTree(session: CDPSession) {
  return (await session.send('Page.getFrameTree')).frameTree;
}

async function listFrames(session: CDPSession): Promise<string[]> {
  const flatten = (tree: FrameTree): string[] => [tree.frame.id, ...(tree.childFrames ?? []).flatMap(flatten)];
  return flatten(await getFrameTree(session));
}

async function runAxe(session: CDPSession, frameId: string): Promise<z.infer<typeof resultsSchema>> {
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId, worldName: 'axe' });
  await session.send('Runtime.evaluate', { contextId, expression: axe.source });
  const options = JSON.stringify({ runOnly: { type: 'tag', values: RULES }, iframes: false });
  const expression = `axe.run(document, ${options}).then(({ violations, passes, inapplicable, incomplete }) =>
    ({ violations, passes: passes.length, inapplicable: inapplicable.length, incomplete: incomplete.length }))`;
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    contextId,
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(`axe failed: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  return resultsSchema.parse(result.value);
}

function describeFinding({ id, help, nodes }: z.infer<typeof findingSchema>): string {
  return `- ${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join('; ')})`;
}
