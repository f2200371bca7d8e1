// The database's folder: made once, checked at every start.
import { once } from 'node:events';
import { chmod, lchown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { syncFolder, writeFileDurably } from '../../data-folder.ts';
import { StartProblem, systemCode } from '../../start-problem.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { DatabaseUser, RunAs } from './run-as.ts';
import { scramVerifier } from './scram.ts';
import type { DatabaseLog } from './server-log.ts';

export const SUPERUSER = 'postgres';

export interface ClusterOptions {
  folder: string;
  password: string;
  binaries: PostgresBinaries;
  user: DatabaseUser | undefined;
  runAs: RunAs;
  log: DatabaseLog;
  signal: AbortSignal;
}

/** Says who wrote the folder last; read by people and by later versions. */
const MARKER = 'privexbot.json';

/** Makes the cluster if there is none, else checks that these binaries may open it. Changes nothing when it throws. */
export async function prepareCluster(options: ClusterOptions): Promise<void> {
  const { folder, binaries, user } = options;
  const entries = await readdir(folder).catch((error: unknown): string[] => {
    if (systemCode(error) === 'ENOENT') return [];
    throw new StartProblem(
      `The database folder ${folder} can't be read (${systemCode(error)}). Start as the user who owns it, or set PRIVEXBOT_DATA to another folder.`,
    );
  });
  if (entries.length === 0) return createCluster(options);
  if (!entries.includes('PG_VERSION'))
    throw new StartProblem(`${folder} holds files but no database. Move them away, or set PRIVEXBOT_DATA to another folder.`);
  await requireSameMajor(folder, binaries.version);
  await takeOwnership(folder, user);
  await writeMarker(folder, binaries.version, user);
}

async function requireSameMajor(folder: string, version: string): Promise<void> {
  const found = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  const major = version.split('.')[0];
  if (found === major) return;
  throw new StartProblem(
    `The database in ${folder} was made by PostgreSQL ${found}; this PrivexBot brings ${major}, which can't open it. Nothing was changed. ` +
      `Start the PrivexBot that made it, write everything out with "npx privexbot export --out FOLDER", and read it into an empty PRIVEXBOT_DATA; ` +
      `or run PostgreSQL ${found} on that folder yourself and set DATABASE_URL and DATABASE_OWNER_URL.`,
  );
}

/** PostgreSQL opens only a folder that is its user's own and closed to others. A copy or a restored backup often is neither. */
async function takeOwnership(folder: string, user: DatabaseUser | undefined): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (user && uid !== user.uid) {
    for (const entry of await readdir(folder, { recursive: true })) await lchown(join(folder, entry), user.uid, user.gid);
    await lchown(folder, user.uid, user.gid); // last, so that an interrupted change is taken up again
  } else if (!user && uid !== process.getuid?.()) {
    throw new StartProblem(
      `The database folder ${folder} belongs to user ${uid}. Start as that user or as root, or set PRIVEXBOT_DATA to another folder.`,
    );
  }
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700);
}

const markerSchema = z.object({ postgres: z.string() });

async function writeMarker(folder: string, version: string, user: DatabaseUser | undefined): Promise<void> {
  const path = join(folder, MARKER);
  const known = await readFile(path, 'utf8').then(
    (content) => markerSchema.safeParse(JSON.parse(content)).data?.postgres,
    () => undefined,
  );
  if (known === version) return;
  await writeFileDurably(path, new TextEncoder().encode(`${JSON.stringify({ postgres: version })}\n`), 0o600);
  if (user) await lchown(path, user.uid, user.gid);
}

/** Made in a folder beside it and renamed when complete, so what carries the name is whole whenever the process was killed. */
async function createCluster({ folder, password, binaries, user, runAs, log, signal }: ClusterOptions): Promise<void> {
  const started = performance.now();
  const workshop = `${folder}.new`;
  const cluster = join(workshop, 'cluster');
  const verifierFile = join(workshop, 'verifier');
  await rm(workshop, { recursive: true, force: true, maxRetries: 10 });
  try {
    await mkdir(workshop, { recursive: true, mode: 0o700 });
    // PostgreSQL stores the verifier it is given, so the password itself never reaches the disk.
    await writeFile(verifierFile, scramVerifier(password), { mode: 0o600 });
    if (user) for (const path of [verifierFile, workshop]) await lchown(path, user.uid, user.gid);
    await initdb(folder, cluster, verifierFile, binaries, runAs, signal);
    await writeMarker(cluster, binaries.version, user);
    await rename(cluster, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    throw explainDiskError(folder, error);
  } finally {
    await rm(workshop, { recursive: true, force: true, maxRetries: 10 });
  }
  log.info({ ms: Math.round(performance.now() - started), version: binaries.version }, 'made a new database');
}

async function initdb(
  folder: string,
  cluster: string,
  verifierFile: string,
  binaries: PostgresBinaries,
  runAs: RunAs,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const options = [`--pgdata=${cluster}`, `--username=${SUPERUSER}`, `--pwfile=${verifierFile}`];
  const settings = ['--auth=scram-sha-256', '--no-locale', '--encoding=UTF8', '--no-instructions'];
  const child = runAs(binaries.initdb, [...options, ...settings], 'SIGKILL');
  const stop = () => child.kill('SIGKILL'); // other signals it heeds only now and then; what it leaves is thrown away
  signal.addEventListener('abort', stop);
  try {
    const [[status], stderr] = await Promise.all([once(child, 'close'), child.stderr ? text(child.stderr) : '']);
    signal.throwIfAborted();
    if (status !== 0) throw new StartProblem(explainText(folder, stderr));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const CAUSES: [RegExp, (folder: string) => string][] = [
  [
    /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/,
    (folder) => `The disk that holds ${folder} is full. Free some space, or set PRIVEXBOT_DATA to a folder on another disk.`,
  ],
  [/EROFS|Read-only file system/, (folder) => `${folder} is on a read-only disk. Set PRIVEXBOT_DATA to a folder that can be written.`],
  [
    /EACCES|EPERM|Permission denied/,
    (folder) => `${folder} can't be written. Start as the user who owns it, or set PRIVEXBOT_DATA to a folder that can be written.`,
  ],
];

/** What to do about the failure that PostgreSQL's start-up messages (paths and system errors; no content yet) speak of. */
export function explainText(folder: string, messages: string): string {
  const explain = CAUSES.find(([pattern]) => pattern.test(messages))?.[1];
  return explain ? explain(folder) : `PostgreSQL could not start on ${folder}: ${messages.trim() || 'it gave no reason'}`;
}

function explainDiskError(folder: string, error: unknown): unknown {
  const code = systemCode(error);
  return code && CAUSES.some(([pattern]) => pattern.test(code)) ? new StartProblem(explainText(folder, code), { cause: error }) : error;
}
