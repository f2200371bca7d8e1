import { createKeyFile, type KeyFileName, readKeyFile, replaceKeyFile } from '../key-file.ts';

/** Where epoch keys lie that a service wrapped. */
export interface WrappedStore {
  /** How it is named in messages. */
  readonly name: string;
  /** Whether a missing one may be made: the data is new, or the store came with the data. */
  readonly mayBeMade: boolean;
  read(): Promise<string | undefined>;
  /** Makes it unless it is there. */
  create(text: string): Promise<void>;
  replace(text: string): Promise<void>;
}

/** A file beside the data folder. */
export function fileWrappedStore(path: string, mayBeMade: boolean): WrappedStore {
  const file: KeyFileName = { path, title: 'The file of wrapped keys', setting: 'PRIVEXBOT_DATA' };
  return {
    name: `The file of wrapped keys ${path}`,
    mayBeMade,
    read: () => readKeyFile(file),
    async create(text) {
      await createKeyFile(file, text);
    },
    replace: (text) => replaceKeyFile(file, text),
  };
}
