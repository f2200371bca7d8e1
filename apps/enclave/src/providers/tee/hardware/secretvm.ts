import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem, systemCode } from '../../../start-problem.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openIntelCollateral } from './collateral.ts';
import { examine, START_DATA } from './examine.ts';
import { readQuote } from './tdx.ts';

export interface SecretVmOptions {
  readonly collateralFolder?: string | undefined;
  readonly log: Log;
  readonly now: () => Date;
  readonly quote?: (reportData: Uint8Array) => Promise<Uint8Array>;
  /** What the image was started with; the compose file mounts it into the container. */
  readonly configFolder?: string;
}

const CONFIG_FOLDER = '/mnt/config';
/** In the collateral folder: SHA-256 of the image's root file system, which the maker publishes with each version. The registers prove it. */
const ROOTFS_FILE = 'secretvm-rootfs.sha256';

/**
 * A TD that SecretVM's image started for a compose file (scrtlabs/secret-vm-build `init-tdx`): RTMR3 holds the file's hash and that of the root file
 * system. The machine's own web server (port 29343) gives a quote for its certificate only, so quotes over our bytes come from the kernel.
 */
export async function openSecretVm(options: SecretVmOptions): Promise<TeeProvider> {
  const { collateralFolder: folder, log, now, quote = readQuote, configFolder = CONFIG_FOLDER } = options;
  const collateral = await openIntelCollateral({ folder, log, now });
  const compose = await read(join(configFolder, 'docker-compose.yaml'), `mount ${CONFIG_FOLDER} into the container`);
  if (await isThere(join(configFolder, 'docker-files.tar')))
    throw new StartProblem(
      'This machine was started with files beside the compose file, which evidence has no room for. Use the compose file alone.',
    );
  const rootfs = readRootfs(await read(join(folder ?? '', ROOTFS_FILE), `put it into PRIVEXBOT_COLLATERAL`));
  const attest = async (reportData: Uint8Array): Promise<Evidence> => {
    const [bytes, { content }] = await Promise.all([quote(reportData), collateral.get()]);
    return { tee: 'tdx', quote: bytes, eventLog: { kind: 'secretvm', compose, rootfs }, ...(content ? { collateral: content } : {}) };
  };
  const { registers } = await examine('secretvm', await attest(START_DATA), now(), log);
  if (registers.compose_hash === undefined)
    throw new StartProblem(
      `RTMR3 does not hold this compose file and root file system: ${ROOTFS_FILE} is of another version, or the file was changed.`,
    );
  return {
    kind: 'secretvm',
    tee: 'tdx',
    isSimulated: false,
    registers,
    get collateralVersion() {
      return collateral.current.version;
    },
    attest,
    async [Symbol.asyncDispose]() {},
  };
}

async function read(path: string, advice: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new StartProblem(`${path} cannot be read (${systemCode(error)}): ${advice}.`);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The first word, as `sha256sum` writes it. */
function readRootfs(bytes: Uint8Array): Uint8Array {
  const [word = ''] = new TextDecoder().decode(bytes).trim().split(/\s/);
  if (!/^[0-9a-f]{64}$/i.test(word)) throw new StartProblem(`${ROOTFS_FILE} is not a SHA-256 in hexadecimal.`);
  return new Uint8Array(Buffer.from(word, 'hex'));
}
