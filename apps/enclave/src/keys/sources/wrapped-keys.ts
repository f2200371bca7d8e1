// Epoch keys that lie outside their source, each wrapped by a service that alone can open it.
import { EPOCH_KEY_BYTES, missingEpoch, NOTHING_CHANGED, type RootKeyKind, RootKeyProblem, type RootKeySource } from '../root-key.ts';
import type { WrappedStore } from './wrapped-store.ts';

export interface Wrapping {
  readonly kind: RootKeyKind;
  readonly store: WrappedStore;
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

export function openWrappedKeys({ kind, store, make, open }: Wrapping): RootKeySource {
  const { name } = store;
  const whatToDo = `Put back what was made with this data. ${NOTHING_CHANGED}`;
  // Not before it is asked for: where it lies in the database, its table may still have to be made.
  const read = async (): Promise<WrappedFile> => {
    const text = await store.read();
    if (text === undefined) {
      if (!store.mayBeMade) throw new RootKeyProblem('missing', `${name} is missing, and the data needs it. ${whatToDo}`);
      return { format: FORMAT, kind, keys: {} };
    }
    const file = parse(text);
    if (file?.kind !== kind) throw new RootKeyProblem('damaged', `${name} does not hold keys wrapped by ${kind}. ${whatToDo}`);
    return file;
  };
  const write = async (keys: WrappedFile['keys']): Promise<void> => {
    await store.create(toText({ format: FORMAT, kind, keys: {} }));
    await store.replace(toText({ ...(await read()), keys }));
  };

  const find = async (use: string): Promise<Uint8Array | undefined> => {
    const wrapped = (await read()).keys[use];
    if (wrapped === undefined) return undefined;
    const secret = await open(use, new Uint8Array(Buffer.from(wrapped, 'base64')));
    if (secret?.length !== EPOCH_KEY_BYTES)
      throw new RootKeyProblem('damaged', `The key for "${use}" was changed, or belongs to another environment (${name}). ${whatToDo}`);
    return secret;
  };
  const findOrMake = async (use: string): Promise<Uint8Array> => {
    const there = await find(use);
    if (there) return there;
    const { secret, wrapped } = await make(use);
    await write({ ...(await read()).keys, [use]: Buffer.from(wrapped).toString('base64') });
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
      if (!secret) throw missingEpoch(name, epoch);
      return secret;
    },
    async destroyEpoch(epoch) {
      const { [`epoch ${epoch}`]: destroyed, ...keys } = (await read()).keys;
      if (destroyed !== undefined) await write(keys);
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
