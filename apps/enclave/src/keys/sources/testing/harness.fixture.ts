import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RootKeySource } from '../../root-key.ts';

/** A place that root keys can come from, for the tests that every source runs. */
export interface Harness extends AsyncDisposable {
  /** Opens the source as a server does; every call is another server. */
  open(): Promise<RootKeySource>;
  /** From now on the source can't be reached. */
  takeAway(): Promise<void>;
  /** Texts that no message may hold. */
  readonly secrets: readonly string[];
}

/** A folder that goes with the stack. */
export async function makeFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-root-key-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeSecret(folder: string, text: string): Promise<string> {
  const path = join(folder, 'secret');
  await writeFile(path, `${text}\n`, { mode: 0o600 });
  return path;
}
