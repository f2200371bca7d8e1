// Everything the server keeps lies in one folder, and one server at a time holds it.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartProblem, systemCode } from './start-problem.ts';

export interface DataFolder extends AsyncDisposable {
  path: string;
  /** For the embedded PostgreSQL. */
  postgres: string;
  /** For sealed files. */
  blobs: string;
}

const MB = 1024 * 1024;
const LEAST_FREE_BYTES = 256 * MB;
const OTHER_FOLDER = 'set PRIVEXBOT_DATA to another folder.';

/**
 * Creates the folder (mode 0700) where it is missing and holds it until disposed or until the process ends, however it ends.
 * @throws StartProblem when it is held by another process, can't be written, or is nearly full.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path);
  await makeFolder(folder);
  await requireSpace(folder);
  const release = await takeLock(folder);
  return {
    path: folder,
    postgres: join(folder, 'postgres'),
    blobs: join(folder, 'blobs'),
    async [Symbol.asyncDispose]() {
      release();
    },
  };
}

/** Writes all of `bytes` or nothing, also across a power cut: once it returns, the file has its new content for good. */
export async function writeFileDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes renames and new names in a folder last. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EEXIST')
      throw new StartProblem(`The data folder ${folder} can't be made (${code}). Make it yourself, or ${OTHER_FOLDER}`);
  }
  if (!(await stat(folder)).isDirectory()) throw new StartProblem(`The data folder ${folder} is a file. Move it away, or ${OTHER_FOLDER}`);
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw new StartProblem(
      `The data folder ${folder} can't be written (${systemCode(error)}). Start as the user who owns it, or ${OTHER_FOLDER}`,
    );
  });
}

async function requireSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < LEAST_FREE_BYTES)
    throw new StartProblem(
      `Only ${Math.floor((bavail * bsize) / MB)} MB are free for the data folder ${folder}, and ${LEAST_FREE_BYTES / MB} MB are needed. Free some space, or ${OTHER_FOLDER}`,
    );
}

/**
 * A kernel lock (fcntl, through SQLite, because Node has no call for it): it ends with its process, so it is never stale, needs no process id
 * to be trusted, and works between containers that share the folder. Nothing else in this process may open the file `lock`: closing it there
 * would give the lock up. Who holds it stands in `lock.pid`, for the message only.
 */
async function takeLock(folder: string): Promise<() => void> {
  const pidFile = join(folder, 'lock.pid');
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
    await writeFileDurably(pidFile, new TextEncoder().encode(`${process.pid}\n`), 0o600);
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    const holder = (await readFile(pidFile, 'utf8').catch(() => '')).trim();
    throw new StartProblem(
      `The data folder ${folder} is in use by ${holder ? `process ${holder}` : 'another process'}. Stop it or set PRIVEXBOT_DATA to another folder.`,
    );
  }
  const release = () => lock.close();
  process.once('exit', release); // also keeps the lock from being collected as garbage
  return () => {
    process.off('exit', release);
    release();
  };
}

/** SQLite's result code 5, SQLITE_BUSY. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
