// PostgreSQL refuses to run as root, so a server started by root runs it as an unprivileged user that exists already.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { StartProblem } from '../../start-problem.ts';

export interface DatabaseUser {
  uid: number;
  gid: number;
}

/** Starts a program as the chosen user, with its stderr to read. It gets `endSignal` when this process ends, where the platform can arrange it. */
export type RunAs = (program: string, args: string[], endSignal: 'SIGINT' | 'SIGKILL') => ChildProcess;

const NOBODY: DatabaseUser = { uid: 65_534, gid: 65_534 };

/**
 * Whom the database runs as: undefined (ourselves) unless this process is root; then the owner of the first of `folders` that exists and isn't
 * root's, else `postgres`, else `nobody`.
 */
export async function chooseDatabaseUser(folders: string[]): Promise<DatabaseUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found && found.uid !== 0) return { uid: found.uid, gid: found.gid };
  }
  return (await findUser('postgres')) ?? (await findUser('nobody')) ?? NOBODY;
}

/** How to start programs as `user` so that they can reach what lies in `folders`, also where these are closed to that user. */
export async function prepareRunAs(user: DatabaseUser | undefined, folders: string[]): Promise<RunAs> {
  const setpriv = await findSetpriv();
  const isReachable = !user || (await Promise.all(folders.map((folder) => canEnter(user, folder)))).every(Boolean);
  if (!isReachable && !setpriv)
    throw new StartProblem(
      `PostgreSQL can't run as root, and user ${user.uid} can't reach ${folders.join(' or ')}. Install util-linux (setpriv), start as an ordinary user, or set PRIVEXBOT_DATA to a folder that every user may enter.`,
    );
  const prefix = setpriv ? [setpriv, ...setprivOptions(user, isReachable), '--pdeathsig'] : [];
  return (program, args, endSignal) => {
    const [command = program, ...rest] = [...prefix, ...(setpriv ? [endSignal.slice(3), '--'] : []), program, ...args];
    return spawn(command, rest, {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      // Only what it needs: the server's own environment holds secrets. LC_ALL also keeps messages in the words launch.ts looks for.
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
      // A session of its own: Ctrl-C in the terminal is for the server, which stops the database after the last request.
      detached: true,
      ...(setpriv ? {} : user),
    });
  };
}

function setprivOptions(user: DatabaseUser | undefined, isReachable: boolean): string[] {
  return [
    ...(user ? ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups'] : []),
    // Enough to pass closed folders and read below them; writing still needs the folder to be the user's own. The bit makes the capability
    // count for access(2) as well, by which PostgreSQL looks for its own files.
    ...(isReachable ? [] : ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--securebits=+no_setuid_fixup']),
    '--no-new-privs',
  ];
}

/** By mode bits alone. Where access lists say otherwise, the capability is added needlessly, or the start fails and says so. */
async function canEnter(user: DatabaseUser, path: string): Promise<boolean> {
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    const mayEnter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & mayEnter) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The setpriv of util-linux; BusyBox has a smaller one under the same name. */
async function findSetpriv(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (const path of ['/usr/bin/setpriv', '/bin/setpriv']) {
    const real = await realpath(path).catch(() => '');
    if (basename(real) === 'setpriv') return path;
  }
  return undefined;
}

async function findUser(name: string): Promise<DatabaseUser | undefined> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, , uid, gid] =
    users
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':') ?? [];
  return uid && gid && Number(uid) !== 0 ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
