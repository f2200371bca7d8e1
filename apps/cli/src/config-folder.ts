// What this program keeps for the person, in their own configuration folder, readable by nobody else.
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import { Refusal } from './command.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What a file holds; undefined where there is none, or it is not ours: the next writing makes it anew. */
export async function readKept<T>(env: Env, file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(pathOf(env, file), 'utf8').catch(() => '');
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The same for what must not be forgotten in silence. @throws Refusal for a file that is there and cannot be used */
export async function readKnown<T>(env: Env, file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = pathOf(env, file);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Refusal(
      `${path} cannot be read, and it says which environments are known. Put it in order, or delete it to meet each one as for the first time`,
    );
  }
}

/** Replaces a file in one step; only the owner can read it. */
export async function keep(env: Env, file: string, value: object): Promise<void> {
  const path = pathOf(env, file);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: 'w' });
  await chmod(next, 0o600); // the mode above does not count for a file that was there
  await rename(next, path);
}

export function removeKept(env: Env, file: string): Promise<void> {
  return rm(pathOf(env, file), { force: true });
}

export function pathOf(env: Env, file: string): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'privexbot', file);
}
