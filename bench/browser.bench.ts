import { openBrowser } from '@privexbot/testing/browser.ts';
import { buildClients } from '../scripts/build.ts';
import { type Row, startServer, temporaryFolder } from './measure.ts';

const ROUNDS = 60;

/** From "Check again" to the verdict on the screen: handshake, quote, every check in the worker, and the paint. */
export async function run(): Promise<Row[]> {
  await buildClients({ production: false });
  using folder = temporaryFolder();
  await using server = await startServer(`${folder.path}/data`);
  await using browser = await openBrowser();
  const page = await browser.openPage();
  await page.goto(`${server.url}/verify`);
  await page.locator('[data-shield="simulated"]').first().waitFor();
  const again = await page.getByRole('button', { name: 'Check again' }).elementHandle();
  const times: number[] = [];
  for (let n = 0; n < ROUNDS; n++) times.push(await page.evaluate(timeOneCheck, again));
  times.sort((a, b) => a - b);
  return [
    { name: 'handshake in a browser, p50', value: times[Math.floor(ROUNDS / 2)] ?? 0, unit: 'ms' },
    { name: 'handshake in a browser, p95', value: times[Math.floor(ROUNDS * 0.95)] ?? 0, unit: 'ms' },
  ];
}

/** Runs in the page. */
function timeOneCheck(button: unknown): Promise<number> {
  const { document, MutationObserver } = globalThis as unknown as {
    document: { querySelector(selector: string): unknown; body: unknown };
    MutationObserver: new (seen: () => void) => { observe(node: unknown, options: object): void; disconnect(): void };
  };
  return new Promise((resolve) => {
    const started = performance.now();
    let isChecking = false;
    const observer = new MutationObserver(() => {
      isChecking ||= document.querySelector('[data-shield="checking"]') !== null;
      if (!isChecking || document.querySelector('[data-shield="checking"]')) return;
      observer.disconnect();
      resolve(performance.now() - started);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    (button as { click(): void }).click();
  });
}
