import { createHash } from 'node:crypto';

/** What came of comparing the pages that are served with those of the release. */
export interface AssetsCheck {
  readonly id: 'assets';
  readonly title: string;
  readonly status: 'passed' | 'warned' | 'failed' | 'unknown';
  readonly expected?: string;
  readonly actual?: string;
  readonly explain?: string;
}

const TITLE = 'The pages that are served are those of the release';
const AT_ONCE = 6;
const PATIENCE_MS = 30_000;
/** The page of every bot is one file: any name shows it. */
const ANY_BOT = 'privexbot-verify';
const SHOWN = 3;

type Served = 'same' | 'other' | 'missing' | 'unreachable';

/** Fetches every file that the release lists and compares its SHA-256. What another visitor is served nobody can see from here. */
export async function checkAssets(
  url: string,
  assets: Readonly<Record<string, string>>,
  onProgress: (done: number, of: number) => void,
): Promise<AssetsCheck> {
  const files = Object.entries(assets);
  if (files.length === 0) return { id: 'assets', title: TITLE, status: 'warned', explain: 'The release lists no pages to compare.' };
  const found: Record<Served, string[]> = { same: [], other: [], missing: [], unreachable: [] };
  const queue = files.entries();
  const work = async () => {
    for (const [at, [path, sha256]] of queue) {
      onProgress(at + 1, files.length);
      found[await compare(url, path, sha256)].push(path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const expected = `${files.length} files as the release lists them`;
  const wrong = [...found.other, ...found.missing];
  if (wrong.length > 0) {
    const actual = [counted(found.other, 'changed'), counted(found.missing, 'missing')].filter(Boolean).join('; ');
    const explain = 'Somebody between the environment and you serves other pages. What is typed into them may go elsewhere.';
    return { id: 'assets', title: TITLE, status: 'failed', expected, actual, explain };
  }
  if (found.unreachable.length > 0) {
    const actual = counted(found.unreachable, 'not served now');
    return { id: 'assets', title: TITLE, status: 'unknown', expected, actual, explain: 'Not every page could be fetched. Try again.' };
  }
  return { id: 'assets', title: TITLE, status: 'passed', actual: expected };
}

async function compare(url: string, path: string, sha256: string): Promise<Served> {
  try {
    const response = await fetch(new URL(path.replace('*', ANY_BOT), url), { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 404) return 'missing';
    if (!response.ok) return 'unreachable';
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? 'same' : 'other';
  } catch {
    return 'unreachable';
  }
}

function counted(paths: readonly string[], what: string): string {
  const more = paths.length > SHOWN ? ', ...' : '';
  return paths.length > 0 ? `${paths.length} ${what}: ${paths.slice(0, SHOWN).join(', ')}${more}` : '';
}
