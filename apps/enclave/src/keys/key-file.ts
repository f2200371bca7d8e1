// Files that hold keys: for their owner alone, made once, replaced as a whole.
import { link, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, writeFileDurably } from '../data-folder.ts';
import { randomBytes } from '../random.ts';
import { systemCode } from '../start-problem.ts';
import { RootKeyProblem } from './root-key.ts';

/** Larger than any file with keys, and small enough for memory. */
const MAX_BYTES = 1 << 20;

/** How a file is named in messages: what it is, and the setting that names it. */
export interface KeyFileName {
  readonly path: string;
  /** Such as `The root key`. */
  readonly title: string;
  readonly setting: string;
}

/** @returns undefined if there is no such file; @throws RootKeyProblem if others may use it, or it can't be read */
export async function readKeyFile({ path, title, setting }: KeyFileName): Promise<string | undefined> {
  try {
    const { mode, size } = await stat(path);
    if (mode & 0o077 && process.platform !== 'win32')
      throw new RootKeyProblem(
        'refused',
        `${title} ${path} can be used by other users of this machine. Run: chmod 600 ${path}. Where others may have read it, regard it as known to them.`,
      );
    if (size > MAX_BYTES) throw new RootKeyProblem('damaged', `${title} ${path} is far too large. Check ${setting}. Nothing was changed.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof RootKeyProblem) throw error;
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new RootKeyProblem(
      'unreachable',
      `${title} ${path} cannot be read (${systemCode(error)}). Check ${setting} and the file's owner.`,
    );
  }
}

/** Makes the file unless it is there, whoever else tries at the same moment. @returns what is in it afterwards */
export async function createKeyFile(name: KeyFileName, text: string): Promise<string> {
  const made = `${name.path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFileDurably(made, Buffer.from(text), 0o600);
    // Unlike renaming, linking never replaces a key that another start has made meanwhile.
    await link(made, name.path);
    await syncFolder(dirname(name.path));
    return text;
  } catch (error) {
    const others = systemCode(error) === 'EEXIST' ? await readKeyFile(name) : undefined;
    if (others !== undefined) return others;
    throw cannotWrite(name, error);
  } finally {
    await rm(made, { force: true });
  }
}

/** Replaces the file: at every moment it is the old or the new one. */
export async function replaceKeyFile(name: KeyFileName, text: string): Promise<void> {
  await writeFileDurably(name.path, Buffer.from(text), 0o600).catch((error: unknown) => {
    throw cannotWrite(name, error);
  });
}

function cannotWrite({ path, title, setting }: KeyFileName, error: unknown): RootKeyProblem {
  const code = systemCode(error);
  return new RootKeyProblem(
    code === 'ENOSPC' || code === 'EDQUOT' ? 'storage_full' : 'unreachable',
    `${title} ${path} cannot be written (${code}). Make its folder writable, or set ${setting} to another place.`,
    { cause: error },
  );
}
