import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from '../../../random.ts';
import { StartProblem, systemCode } from '../../../start-problem.ts';

/** Linux's own interface for evidence, the same for TDX and SEV-SNP: Documentation/ABI/testing/configfs-tsm-report, from Linux 6.7 on. */
export interface TsmReport {
  /** A TDX quote, or a SEV-SNP report. */
  readonly report: Uint8Array;
  /** SEV-SNP: the certificate table that the host gave along; often empty. */
  readonly auxiliary: Uint8Array;
}

/** The calls on that file system, which is none in a test. */
export interface Configfs {
  mkdir(path: string): Promise<unknown>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  rmdir(path: string): Promise<void>;
}

export const TSM_FOLDER = '/sys/kernel/config/tsm/report';
/** As the kernel names its drivers. */
export type TsmDriver = 'tdx_guest' | 'sev_guest';

const MAX_ATTEMPTS = 3;
/** Somebody else wrote into our entry between writing and reading, or the machine was busy. */
const PASSING = new Set(['EWOULDBLOCK', 'EAGAIN', 'EBUSY', 'EINTR']);
/** The kernel's pseudo-files as they are. */
export const LINUX: Configfs = {
  mkdir: (path) => mkdir(path),
  write: (path, bytes) => writeFile(path, bytes),
  read: async (path) => new Uint8Array(await readFile(path)),
  rmdir: (path) => rmdir(path),
};

/** Asks for a report over 64 bytes, each time in an entry of its own, so that nobody else's bytes come into it. */
export async function readTsmReport(
  driver: TsmDriver,
  inblob: Uint8Array,
  { folder = TSM_FOLDER, configfs = LINUX }: { folder?: string; configfs?: Configfs } = {},
): Promise<TsmReport> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(driver, inblob, folder, configfs);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !PASSING.has(systemCode(error) ?? '')) throw translate(error, folder);
    }
  }
}

async function readOnce(driver: TsmDriver, inblob: Uint8Array, folder: string, configfs: Configfs): Promise<TsmReport> {
  const entry = join(folder, `privexbot-${process.pid}-${Buffer.from(randomBytes(8)).toString('hex')}`);
  await configfs.mkdir(entry);
  try {
    const attribute = async (name: string) => new TextDecoder().decode(await configfs.read(join(entry, name))).trim();
    const actual = await attribute('provider');
    if (actual !== driver)
      throw new StartProblem(`The kernel's evidence comes from ${actual} and not from ${driver}: correct PRIVEXBOT_TEE.`);
    const before = Number(await attribute('generation'));
    await configfs.write(join(entry, 'inblob'), inblob);
    const report = await configfs.read(join(entry, 'outblob'));
    const auxiliary = driver === 'sev_guest' ? await configfs.read(join(entry, 'auxblob')) : new Uint8Array();
    // Each write counts one: another number means that somebody else wrote, so the report may be over their bytes.
    if (Number(await attribute('generation')) !== before + 1)
      throw Object.assign(new Error('The entry was written twice'), { code: 'EAGAIN' });
    return { report, auxiliary };
  } finally {
    await configfs.rmdir(entry).catch(() => undefined);
  }
}

function translate(error: unknown, folder: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new StartProblem(
    `The kernel gives no evidence through ${folder} (${code}). It needs Linux 6.7 or newer, configfs mounted there, the guest driver loaded, and the rights of root.`,
  );
}
