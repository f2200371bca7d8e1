// The log of what this checkout has run: an entry for each build, numbered files beside the keys of the simulation, signed and witnessed on the spot.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeReleaseEntry, encodeReleaseStatement, type ReleaseEntry, type Tee } from '@privexbot/attestation';
import { appendRelease, cosignCheckpoint, type LogEntries, signCheckpoint, stateRelease } from '@privexbot/attestation/release-log';
import { type BuildMeasurement, SIMULATION_FOLDER, type TeeProvider } from '../../providers/tee/index.ts';
import { openDevelopmentLogKey, openDevelopmentWitnessKey } from '../../providers/tee/simulation/development-keys.ts';
import { systemCode } from '../../start-problem.ts';
import type { StatedRelease } from './release.ts';

/** Registers that name a build, and nothing of how it was started. */
const BUILD_REGISTERS: Readonly<Record<Tee, readonly string[]>> = {
  tdx: ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2'],
  'sev-snp': ['measurement'],
  nitro: ['pcr0', 'pcr1', 'pcr2'],
  sgx: ['mrenclave'],
};

/** States the running build as the newest entry, which it becomes if it is not. */
export async function stateDevelopmentBuild(
  tee: Pick<TeeProvider, 'tee' | 'registers'>,
  build: BuildMeasurement,
  at: Date,
  simulationFolder = SIMULATION_FOLDER,
): Promise<Omit<StatedRelease, 'version'>> {
  const folder = join(simulationFolder, 'releases');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const entries = await withBuild(folder, measured(tee, build), at);
  const [log, witness] = await Promise.all([openDevelopmentLogKey(simulationFolder), openDevelopmentWitnessKey(simulationFolder)]);
  const logKey = { name: log.name, key: log.publicKey };
  const signed = await signCheckpoint(entries, { ...logKey, sign: log.sign });
  const witnessSigner = { name: witness.name, key: witness.publicKey, sign: witness.sign };
  const checkpoint = await cosignCheckpoint({ checkpoint: signed, log: logKey, witness: witnessSigner, at: at.getTime() });
  const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  return {
    statement: encodeReleaseStatement(await stateRelease(entries, entries.length - 1, checkpoint)),
    log: {
      name: log.name,
      key: base64url(log.publicKey),
      witnesses: [{ name: witness.name, key: base64url(witness.publicKey) }],
    },
  };
}

type Measured = Pick<ReleaseEntry, 'measurements' | 'assets'>;

function measured({ tee, registers }: Pick<TeeProvider, 'tee' | 'registers'>, { assets }: BuildMeasurement): Measured {
  const own = Object.fromEntries(BUILD_REGISTERS[tee].map((name) => [name, registers[name] ?? '']));
  return { measurements: [{ tee, registers: own }], assets };
}

/** A build that is not the newest, be it old or new, is appended: a log only grows, and clients accept no way back. */
async function withBuild(folder: string, build: Measured, at: Date): Promise<LogEntries> {
  for (;;) {
    const entries = await readEntries(folder);
    const last = entries.at(-1);
    if (last && isSame(decodeReleaseEntry(last), build)) return entries;
    const grown = appendRelease(entries, {
      v: 1,
      name: 'PrivexBot',
      version: 'development build',
      sequence: entries.length + 1,
      date: `${at.toISOString().slice(0, 19)}Z`,
      sourceUrl: 'https://localhost/this-checkout',
      ...build,
    });
    const path = join(folder, `${String(grown.length).padStart(6, '0')}.json`);
    try {
      // Another server of this checkout may append at this moment: whoever comes second looks again.
      await writeFile(path, grown.at(-1) ?? new Uint8Array(), { flag: 'wx', mode: 0o600 });
      return grown;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
}

async function readEntries(folder: string): Promise<LogEntries> {
  const names = (await readdir(folder)).filter((name) => /^\d{6}\.json$/.test(name)).sort();
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
}

function isSame(entry: Measured, build: Measured): boolean {
  const of = ({ measurements, assets }: Measured) => JSON.stringify([measurements, Object.entries(assets).sort()]);
  return of(entry) === of(build);
}
