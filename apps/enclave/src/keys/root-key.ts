import { link, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, writeFileDurably } from '../data-folder.ts';
import { randomBytes } from '../random.ts';
import { StartProblem, systemCode } from '../start-problem.ts';

/**
 * Holds the epoch keys, under which every stored key is wrapped. Destroying an epoch key at its source closes every
 * copy of what was wrapped under it, in backups too. Other sources (sealing by the processor, a key service, TPM,
 * PKCS#11) implement the same interface.
 */
export interface RootKeySource {
  readonly kind: 'file';
  /** Number of the epoch that new keys are wrapped under. */
  readonly epoch: number;
  /** 32 bytes that the embedded database's passwords are derived from. It opens no content. */
  readonly databaseSecret: Uint8Array;
  /** @returns 32 bytes; @throws StartProblem if the source no longer holds that epoch */
  openEpoch(epoch: number): Promise<Uint8Array>;
}

interface KeyFile {
  format: 'privexbot-root-key-1';
  epoch: number;
  epochs: Record<string, string>;
  database: string;
}

/**
 * The `file` source, for development: whoever has this file and the data reads all.
 * @param mayCreate whether the data is new, so that a missing file may be made
 */
export async function openRootKeyFile(path: string, mayCreate: boolean): Promise<RootKeySource> {
  const file = parseKeyFile(path, (await readIfThere(path)) ?? (await createKeyFile(path, mayCreate)));
  return {
    kind: 'file',
    epoch: file.epoch,
    databaseSecret: Buffer.from(file.database, 'base64'),
    async openEpoch(epoch) {
      const key = Buffer.from(file.epochs[epoch] ?? '', 'base64');
      if (key.length !== 32)
        throw new StartProblem(`The root key ${path} holds no key for epoch ${epoch}: it does not belong to this data. ${WHAT_TO_DO}`);
      return key;
    },
  };
}

const WHAT_TO_DO = 'Set PRIVEXBOT_ROOT_KEY to the key file that was made with this data. Nothing was changed.';

function random(): string {
  return randomBytes(32).toString('base64');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if (mode & 0o077 && process.platform !== 'win32')
      throw new StartProblem(
        `The root key ${path} can be used by other users of this machine. Run: chmod 600 ${path}. Where others may have read it, regard it as known to them.`,
      );
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof StartProblem) throw error;
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new StartProblem(`The root key ${path} cannot be read (${systemCode(error)}). Check PRIVEXBOT_ROOT_KEY and the file's owner.`);
  }
}

async function createKeyFile(path: string, mayCreate: boolean): Promise<string> {
  if (!mayCreate) throw new StartProblem(`The root key ${path} is missing, and the data needs it. ${WHAT_TO_DO}`);
  const file: KeyFile = { format: 'privexbot-root-key-1', epoch: 1, epochs: { 1: random() }, database: random() };
  const text = `${JSON.stringify(file, null, 2)}\n`;
  const made = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFileDurably(made, Buffer.from(text), 0o600);
    // Unlike renaming, linking never replaces a key that another start has made meanwhile.
    await link(made, path);
    await syncFolder(dirname(path));
    return text;
  } catch (error) {
    const others = systemCode(error) === 'EEXIST' ? await readIfThere(path) : undefined;
    if (others !== undefined) return others;
    throw new StartProblem(
      `The root key ${path} cannot be written (${systemCode(error)}). Make its folder writable, or set PRIVEXBOT_ROOT_KEY to another place.`,
    );
  } finally {
    await rm(made, { force: true });
  }
}

function parseKeyFile(path: string, text: string): KeyFile {
  try {
    const file = JSON.parse(text) as Partial<KeyFile> | null;
    if (file?.format === 'privexbot-root-key-1' && file.epoch && file.epochs && file.database) return file as KeyFile;
  } catch {
    // Said below, like any other content that is not a key file.
  }
  throw new StartProblem(`${path} is not a PrivexBot root key file. ${WHAT_TO_DO}`);
}
