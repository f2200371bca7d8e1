// The session of the last login, in the person's own configuration folder. The password is never in it.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';

const StoredLogin = z.object({ url: z.url(), cookie: z.string().min(1) });
export type StoredLogin = z.output<typeof StoredLogin>;

type Env = Readonly<Record<string, string | undefined>>;

export async function readLogin(env: Env): Promise<StoredLogin | undefined> {
  const text = await readFile(pathOf(env), 'utf8').catch(() => '');
  try {
    return StoredLogin.parse(JSON.parse(text));
  } catch {
    return undefined; // none yet, or not ours: the next login writes it anew
  }
}

/** Replaces the stored login in one step; only the owner can read it. */
export async function storeLogin(env: Env, login: StoredLogin): Promise<void> {
  const path = pathOf(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(login)}\n`, { mode: 0o600, flag: 'w' });
  await chmod(next, 0o600); // the mode above does not count for a file that was there
  await rename(next, path);
}

function pathOf(env: Env): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'privexbot', 'login.json');
}
