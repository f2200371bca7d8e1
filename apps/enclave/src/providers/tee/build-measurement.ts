import { createHash, hash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Which build this is: what the simulated processors measure, and what the entry of a release lists. */
export interface BuildMeasurement {
  /** SHA-384, hexadecimal, over everything that runs. */
  readonly digest: string;
  /** SHA-256, hexadecimal, of each file the server gives to browsers, by its path. `/c/*` is the page of every published bot. */
  readonly assets: Readonly<Record<string, string>>;
}

/** Everything in them, tests too: a rule without exceptions leaves no place for code that is not measured. */
const SOURCES = [
  'apps/enclave/src',
  'packages/attestation/src',
  'packages/contract/src',
  'packages/flow/src',
  'packages/secure-channel/src',
];
/** As the server looks for them, the first that has a path wins. `pages` are what answers instead of the file's own path. */
const CLIENTS: readonly { folder: string; pages: Readonly<Record<string, string>> }[] = [
  { folder: 'apps/web/dist', pages: { '/index.html': '/' } },
  { folder: 'apps/widget/dist', pages: { '/index.html': '/c/*' } },
];

/** Source maps of a development build: `http/static.ts` gives them to nobody. */
const UNSERVED = '.map';

/** @param root the checkout or the image's program folder. Synchronous: it belongs to the start, and one file after the other costs least. */
export function measureBuild(root: string): BuildMeasurement {
  const total = createHash('sha384').update(`node ${process.version}\n`);
  const measure = (path: string, sha256: string) => total.update(`${sha256}  ${path}\n`);
  measure('package-lock.json', hashFile(join(root, 'package-lock.json')));
  let count = 0;
  for (const folder of SOURCES)
    for (const path of filesBelow(join(root, folder))) {
      measure(relative(root, path).split(sep).join('/'), hashFile(path));
      count++;
    }
  if (count === 0) throw new Error(`No source of the server was found below ${root}.`);
  const assets: Record<string, string> = {};
  for (const { folder, pages } of CLIENTS)
    for (const path of filesBelow(join(root, folder))) {
      const name = `/${relative(join(root, folder), path).split(sep).join('/')}`;
      const sha256 = hashFile(path);
      measure(`${folder}${name}`, sha256);
      if (!name.endsWith(UNSERVED)) assets[pages[name] ?? name] ??= sha256;
    }
  return { digest: total.digest('hex'), assets };
}

/** In the order of their paths; none where the folder is missing. Hidden files are notes of the build and are never served. */
function filesBelow(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashFile(path: string): string {
  return hash('sha256', readFileSync(path), 'hex');
}
