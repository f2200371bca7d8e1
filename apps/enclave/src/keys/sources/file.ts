import { randomBytes } from '../../random.ts';
import { createKeyFile, type KeyFileName, readKeyFile, replaceKeyFile } from '../key-file.ts';
import { EPOCH_KEY_BYTES, missingEpoch, RootKeyProblem, type RootKeySource } from '../root-key.ts';

interface KeyFile {
  readonly format: 'privexbot-root-key-1';
  readonly epoch: number;
  readonly epochs: Readonly<Record<string, string>>;
  readonly database: string;
}

const WHAT_TO_DO = 'Set PRIVEXBOT_ROOT_KEY to the key file that was made with this data. Nothing was changed.';

/**
 * The `file` source, for development: whoever has this file and the data reads all.
 * @param mayCreate whether the data is new, so that a missing file may be made
 */
export async function openRootKeyFile(path: string, mayCreate: boolean): Promise<RootKeySource> {
  const name: KeyFileName = { path, title: 'The root key', setting: 'PRIVEXBOT_ROOT_KEY' };
  if ((await readKeyFile(name)) === undefined) {
    if (!mayCreate) throw new RootKeyProblem('missing', `The root key ${path} is missing, and the data needs it. ${WHAT_TO_DO}`);
    await createKeyFile(name, toText({ format: 'privexbot-root-key-1', epoch: 1, epochs: { 1: random() }, database: random() }));
  }
  // Read anew each time: another server that uses the same file may have started an epoch.
  const read = async () => parse(path, (await readKeyFile(name)) ?? '');
  const find = (file: KeyFile, epoch: number) => {
    const key = Buffer.from(file.epochs[epoch] ?? '', 'base64');
    return key.length === EPOCH_KEY_BYTES ? key : undefined;
  };
  await read();
  return {
    kind: 'file',
    databaseSecret: async () => Buffer.from((await read()).database, 'base64'),
    epochs: async () => Object.keys((await read()).epochs).map(Number),
    async createEpoch(epoch) {
      const file = await read();
      const there = find(file, epoch);
      if (there) return there;
      const key = random();
      await replaceKeyFile(name, toText({ ...file, epoch: Math.max(file.epoch, epoch), epochs: { ...file.epochs, [epoch]: key } }));
      return Buffer.from(key, 'base64');
    },
    async openEpoch(epoch) {
      const key = find(await read(), epoch);
      if (!key) throw missingEpoch(`The root key ${path}`, epoch);
      return key;
    },
    async destroyEpoch(epoch) {
      const file = await read();
      const { [epoch]: destroyed, ...epochs } = file.epochs;
      if (destroyed) await replaceKeyFile(name, toText({ ...file, epochs }));
    },
  };
}

function random(): string {
  return randomBytes(EPOCH_KEY_BYTES).toString('base64');
}

function toText(file: KeyFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parse(path: string, text: string): KeyFile {
  try {
    const file = JSON.parse(text) as Partial<KeyFile> | null;
    if (file?.format === 'privexbot-root-key-1' && file.epoch && file.epochs && file.database) return file as KeyFile;
  } catch {
    // Said below, like any other content that is not a key file.
  }
  throw new RootKeyProblem('damaged', `${path} is not a PrivexBot root key file. ${WHAT_TO_DO}`);
}
