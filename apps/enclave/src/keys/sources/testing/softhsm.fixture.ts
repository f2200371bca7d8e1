// A real PKCS#11 module: SoftHSM2 with a token of its own.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openRootKey } from '../../open-root-key.ts';
import { openPkcs11 } from '../pkcs11.ts';
import { type Harness, makeFolder, writeSecret } from './harness.fixture.ts';

export const SOFTHSM_MODULE =
  [
    '/usr/lib/softhsm/libsofthsm2.so',
    '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
    '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  ].find(existsSync) ?? '/usr/lib/softhsm/libsofthsm2.so';
export const TOKEN = 'privexbot test';

export interface SoftHsm extends Harness {
  readonly folder: string;
  /** The file with the right PIN. */
  readonly pinFile: string;
  /** Settings of the module, for programs that load it. */
  readonly environment: NodeJS.ProcessEnv;
}

export async function startSoftHsm(): Promise<SoftHsm> {
  await using stack = new AsyncDisposableStack();
  const folder = await makeFolder(stack);
  const tokens = join(folder, 'tokens');
  await mkdir(tokens);
  const settings = join(folder, 'softhsm2.conf');
  await writeFile(settings, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const pin = 'correct-pin-4711';
  const pinFile = await writeSecret(folder, pin);
  const before = process.env.SOFTHSM2_CONF;
  process.env.SOFTHSM2_CONF = settings;
  stack.defer(() => {
    if (before === undefined) delete process.env.SOFTHSM2_CONF;
    else process.env.SOFTHSM2_CONF = before;
  });
  await promisify(execFile)('softhsm2-util', ['--init-token', '--free', '--label', TOKEN, '--pin', pin, '--so-pin', '87654321']);
  const owned = stack.move();
  return {
    folder,
    pinFile,
    environment: { SOFTHSM2_CONF: settings },
    secrets: [pin],
    open: () =>
      openRootKey({ kind: 'pkcs11', module: SOFTHSM_MODULE, token: TOKEN, object: 'privexbot' }, { mayCreate: true, secretFile: pinFile }),
    takeAway: () => rename(tokens, `${tokens}.away`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The token with another PIN, or another module. */
export function openToken(change: {
  readonly pin?: string;
  readonly module?: string;
  readonly token?: string;
  readonly patienceMs?: number;
}) {
  const { pin = 'correct-pin-4711', ...rest } = change;
  return openPkcs11({ module: SOFTHSM_MODULE, token: TOKEN, object: 'privexbot', pin: async () => Buffer.from(pin), ...rest });
}
