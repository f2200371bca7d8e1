/** Measures the built bundles against the sizes people were promised. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

interface Chunk {
  file: string;
  src?: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}
type Manifest = Record<string, Chunk>;

const KB = 1000;
/** What every screen of the app loads besides its entry. */
const FRAME = ['src/frame/Frame.tsx', 'src/client.ts', 'virtual:catalog/first/en', 'virtual:catalog/rest/en'];
const AUTH_PAGES = /^src\/features\/auth\//;

/** A bundle, its gzipped size in bytes, and what it may weigh. */
interface Measured {
  name: string;
  bytes: number;
  budget: number;
}

/** Sizes after gzip, one line each, and the names of those above their budget. */
export function checkBudgets(root: string): { lines: string[]; exceeded: string[] } {
  const measured = [...measureWeb(join(root, 'apps/web/dist')), ...measureWidget(join(root, 'apps/widget/dist'))];
  return {
    lines: measured.map(({ name, bytes, budget }) => `${bytes > budget ? 'OVER' : 'ok  '} ${name}: ${kb(bytes)} of ${kb(budget)} kB`),
    exceeded: measured.filter(({ bytes, budget }) => bytes > budget).map(({ name }) => name),
  };
}

function measureWeb(dist: string): Measured[] {
  const manifest = readManifest(dist);
  const entry = closure(manifest, ['index.html']);
  const home = closure(manifest, ['index.html', ...FRAME, 'src/features/home/Home.tsx']);
  const signIn = closure(manifest, ['index.html', 'src/features/auth/SignIn.tsx', 'virtual:catalog/first/en']);
  const later = Object.entries(manifest)
    .filter(([key]) => key.startsWith('src/features/') && !AUTH_PAGES.test(key) && key !== 'src/features/home/Home.tsx')
    .map(([key]) => ({ name: key.replace(/^src\/features\//, ''), files: closure(manifest, [key]).difference(home) }));
  const largest = later.map(({ name, files }) => ({ name, bytes: size(dist, files, '.js') })).sort((a, b) => b.bytes - a.bytes)[0];
  return [
    { name: 'sign-in, scripts', bytes: size(dist, signIn, '.js'), budget: 115 * KB },
    { name: 'app to first screen, scripts', bytes: size(dist, home, '.js'), budget: 230 * KB },
    { name: 'verifier and sealed channel', bytes: sizeOfWorker(dist), budget: 65 * KB },
    { name: 'app, styles', bytes: size(dist, entry, '.css'), budget: 30 * KB },
    { name: `largest later screen (${largest?.name}), scripts`, bytes: largest?.bytes ?? 0, budget: 60 * KB },
  ];
}

function measureWidget(dist: string): Measured[] {
  const manifest = readManifest(dist);
  const composer = closure(manifest, ['index.html', 'virtual:catalog/first/en']);
  const all = closure(manifest, [...composer, ...Object.keys(manifest).filter((key) => !key.includes('virtual:catalog/'))]);
  return [
    { name: 'widget loader', bytes: gzip(join(dist, 'widget.js')), budget: 3 * KB },
    { name: 'widget to usable composer, scripts', bytes: size(dist, composer, '.js'), budget: 40 * KB },
    { name: 'widget, everything', bytes: size(dist, all, '.js') + sizeOfWorker(dist), budget: 110 * KB },
  ];
}

/** The worker that checks and seals, with what it loads only in browsers without the curves. The manifest of the page does not list it. */
function sizeOfWorker(dist: string): number {
  const page = new Set(Object.values(readManifest(dist)).map(({ file }) => file));
  const files = globSync('assets/*.js', { cwd: dist }).filter((file) => !page.has(file.replaceAll('\\', '/')));
  if (!files.some((file) => file.includes('channel-worker'))) throw new Error(`The build in ${dist} has no channel worker.`);
  return files.reduce((sum, file) => sum + gzip(join(dist, file)), 0);
}

/** Keys of the named chunks and of everything they import at once. Fails on a name that is not there: the check would look at nothing. */
function closure(manifest: Manifest, roots: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const visit = (key: string) => {
    if (seen.has(key)) return;
    seen.add(key);
    for (const imported of manifest[key]?.imports ?? []) visit(imported);
  };
  for (const root of roots) {
    const key = Object.keys(manifest).find((candidate) => candidate === root || candidate.endsWith(root));
    if (!key) throw new Error(`The build has no part named ${root}; scripts/budgets.ts measures it.`);
    visit(key);
  }
  return seen;
}

function size(dist: string, keys: Set<string>, extension: '.js' | '.css'): number {
  const manifest = readManifest(dist);
  const files = new Set<string>();
  for (const key of keys)
    for (const file of [manifest[key]?.file ?? '', ...(manifest[key]?.css ?? [])]) if (file.endsWith(extension)) files.add(file);
  return [...files].reduce((sum, file) => sum + gzip(join(dist, file)), 0);
}

function readManifest(dist: string): Manifest {
  return JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
}

function gzip(path: string): number {
  return gzipSync(readFileSync(path), { level: 9 }).byteLength;
}

function kb(bytes: number): string {
  return (bytes / KB).toFixed(1);
}
