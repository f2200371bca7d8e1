// Epoch keys in a file, each wrapped by a service that alone can open it.
import { createKeyFile, type KeyFileName, readKeyFile, replaceKeyFile } from '../key-file.ts';
import { EPOCH_KEY_BYTES, missingEpoch, NOTHING_CHANGED, type RootKeyKind, RootKeyProblem, type RootKeySource } from '../root-key.ts';

export interface Wrapping {
  readonly kind: RootKeyKind;
  readonly path: string;
  /** Whether the data is new, so that a missing file may be made. */
  readonly mayCreate: boolean;
  /** Makes a random secret. @param use `database` or `epoch N`, which the wrapping is bound to */
  make(use: string): Promise<{ readonly secret: Uint8Array; readonly wrapped: Uint8Array }>;
  /** @returns undefined if these bytes were not wrapped for this use */
  open(use: string, wrapped: Uint8Array): Promise<Uint8Array | undefined>;
}

interface WrappedFile {
  readonly format: 'privexbot-wrapped-keys-1';
  readonly kind: RootKeyKind;
  readonly keys: Readonly<Record<string, string>>;
}

const FORMAT = 'privexbot-wrapped-keys-1';
const EPOCH = /^epoch ([1-9]\d{0,8})$/;

export async function openWrappedKeys({ kind, path, mayCreate, make, open }: Wrapping): Promise<RootKeySource> {
  const name: KeyFileName = { path, title: 'The file of wrapped keys', setting: 'PRIVEXBOT_DATA' };
  const whatToDo = `Put back the file that was made with this data. ${NOTHING_CHANGED}`;
  if ((await readKeyFile(name)) === undefined) {
    if (!mayCreate) throw new RootKeyProblem('missing', `The file of wrapped keys ${path} is missing, and the data needs it. ${whatToDo}`);
    await createKeyFile(name, toText({ format: FORMAT, kind, keys: {} }));
  }
  const read = async () => {
    const file = parse((await readKeyFile(name)) ?? '');
    if (file?.kind !== kind) throw new RootKeyProblem('damaged', `${path} is not a file of keys wrapped by ${kind}. ${whatToDo}`);
    return file;
  };
  await read();

  const find = async (use: string): Promise<Uint8Array | undefined> => {
    const wrapped = (await read()).keys[use];
    if (wrapped === undefined) return undefined;
    const secret = await open(use, new Uint8Array(Buffer.from(wrapped, 'base64')));
    if (secret?.length !== EPOCH_KEY_BYTES)
      throw new RootKeyProblem('damaged', `The key for "${use}" in ${path} was changed, or belongs to another environment. ${whatToDo}`);
    return secret;
  };
  const findOrMake = async (use: string): Promise<Uint8Array> => {
    const there = await find(use);
    if (there) return there;
    const { secret, wrapped } = await make(use);
    const file = await read();
    await replaceKeyFile(name, toText({ ...file, keys: { ...file.keys, [use]: Buffer.from(wrapped).toString('base64') } }));
    return secret;
  };
  return {
    kind,
    databaseSecret: () => findOrMake('database'),
    async epochs() {
      const found = Object.keys((await read()).keys).flatMap((use) => EPOCH.exec(use)?.[1] ?? []);
      return found.map(Number).sort((a, b) => a - b);
    },
    createEpoch: (epoch) => findOrMake(`epoch ${epoch}`),
    async openEpoch(epoch) {
      const secret = await find(`epoch ${epoch}`);
      if (!secret) throw missingEpoch(path, epoch);
      return secret;
    },
    async destroyEpoch(epoch) {
      const file = await read();
      const { [`epoch ${epoch}`]: destroyed, ...keys } = file.keys;
      if (destroyed !== undefined) await replaceKeyFile(name, toText({ ...file, keys }));
    },
  };
}

function toText(file: WrappedFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parse(text: string): WrappedFile | undefined {
  try {
    const file = JSON.parse(text) as Partial<WrappedFile> | null;
    const isOurs =
      file?.format === FORMAT && typeof file.keys === 'object' && Object.values(file.keys).every((key) => typeof key === 'string');
    return isOurs ? (file as WrappedFile) : undefined;
  } catch {
    return undefined;
  }
}
