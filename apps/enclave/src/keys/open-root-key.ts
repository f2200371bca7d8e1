import { databaseWrappedStore } from '../db/wrapped-epochs.ts';
import { readKeyFile } from './key-file.ts';
import { NOTHING_CHANGED, RootKeyProblem, type RootKeySource } from './root-key.ts';
import type { RootKeySetting } from './root-key-setting.ts';
import { openAwsKms } from './sources/aws-kms.ts';
import { openDstack } from './sources/dstack.ts';
import { openRootKeyFile } from './sources/file.ts';
import { openPkcs11 } from './sources/pkcs11.ts';
import { openTpm } from './sources/tpm.ts';
import { openVault } from './sources/vault.ts';
import { fileWrappedStore } from './sources/wrapped-store.ts';

export interface RootKeyOptions {
  /** Whether the data is new, so that keys may be made where there are none. */
  readonly mayCreate: boolean;
  /** The file with the source's own secret (PIN, token, credentials), for its owner alone. */
  readonly secretFile: string | undefined;
  /** The application role's connection to a database of the company's own: it keeps wrapped keys, since several servers, or one without a disk, use it. */
  readonly database?: string | undefined;
  /** Asks the Nitro enclave for an attestation document that carries a public key; absent outside one. */
  readonly attestKey?: ((publicKey: Uint8Array) => Promise<Uint8Array>) | undefined;
}

/** @throws RootKeyProblem that says what to do */
export async function openRootKey(
  setting: RootKeySetting,
  { mayCreate, secretFile, attestKey, database }: RootKeyOptions,
): Promise<RootKeySource> {
  const storeAt = (path: string) => (database === undefined ? fileWrappedStore(path, mayCreate) : databaseWrappedStore(database));
  const secret = async () => (secretFile === undefined ? new Uint8Array() : readSecret(secretFile));
  switch (setting.kind) {
    case 'file':
      return openRootKeyFile(setting.path, mayCreate);
    case 'tpm':
      return openTpm({ ...setting, ownerSecret: secret });
    case 'pkcs11':
      return openPkcs11({ ...setting, pin: secret });
    case 'vault':
      return openVault({ ...setting, token: secret });
    case 'dstack':
      return openDstack({ ...setting, store: storeAt(setting.wrapped) });
    case 'aws-kms':
      if (!attestKey)
        throw new RootKeyProblem(
          'refused',
          `The root key source aws-kms works only inside an AWS Nitro enclave (PRIVEXBOT_TEE=nitro). ${NOTHING_CHANGED}`,
        );
      return openAwsKms({ ...setting, store: storeAt(setting.wrapped), credentials: secret, attest: attestKey, now: () => new Date() });
  }
}

async function readSecret(path: string): Promise<Uint8Array> {
  const text = await readKeyFile({ path, title: 'The secret of the root key source', setting: 'PRIVEXBOT_ROOT_KEY_SECRET_FILE' });
  const secret = text?.trim();
  if (!secret)
    throw new RootKeyProblem(
      'missing',
      `The file ${path}, which PRIVEXBOT_ROOT_KEY_SECRET_FILE names, is missing or empty. ${NOTHING_CHANGED}`,
    );
  return Buffer.from(secret);
}
