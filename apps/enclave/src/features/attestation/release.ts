import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.ts';
import type { BuildMeasurement } from '../../providers/tee/index.ts';
import { sha256 } from '../../providers/tee/registers.ts';
import { StartProblem, systemCode } from '../../start-problem.ts';

/** The release that this build is, as its log says. */
export interface Release extends Disposable {
  current(): StatedRelease;
}

export interface StatedRelease {
  /** From `encodeReleaseStatement`; empty where no log names this build, and then no client accepts it. */
  readonly statement: Uint8Array;
  /** The log that it is in, for the identity key to sign: `releaseLog` of the key configuration. */
  readonly log?: object;
  /** Changes when the statement does. */
  readonly version: string;
}

type Ports = Pick<Context, 'config' | 'log' | 'now' | 'tee'>;

/** Witnesses sign at least this often, so a statement is made or read anew. */
const RENEW_MS = 12 * 60 * 60 * 1000;

/**
 * A simulated environment states itself as the newest release of the checkout's own log. On hardware the statement comes in a file that whoever runs
 * the machine keeps fresh; nothing in it is believed without the signatures of a log that the measured settings name.
 */
export async function openRelease(ports: Ports, build: BuildMeasurement): Promise<Release> {
  const { config, tee, now, log } = ports;
  const read = async () => {
    if (!tee.isSimulated) return readStatement(config);
    // Loaded only here: development's keys have no place in a process that runs on a real machine.
    const { stateDevelopmentBuild } = await import('./development-release.ts');
    return stateDevelopmentBuild(tee, build, now());
  };
  let stated = version(await read());
  const renewal = setInterval(() => {
    read().then(
      (fresh) => {
        stated = version(fresh);
      },
      (err: unknown) => log.error({ err }, 'the statement of the release was not renewed'),
    );
  }, RENEW_MS);
  renewal.unref();
  return { current: () => stated, [Symbol.dispose]: () => clearInterval(renewal) };
}

function version(stated: Omit<StatedRelease, 'version'>): StatedRelease {
  return { ...stated, version: Buffer.from(sha256(stated.statement)).toString('base64url') };
}

async function readStatement({ releaseFile, releaseLog }: Ports['config']): Promise<Omit<StatedRelease, 'version'>> {
  const log = releaseLog ? { log: releaseLog } : {};
  if (!releaseFile) return { statement: new Uint8Array(), ...log };
  try {
    return { statement: new Uint8Array(await readFile(releaseFile)), ...log };
  } catch (error) {
    throw new StartProblem(
      `The statement of the release ${releaseFile} cannot be read (${systemCode(error)}). Check PRIVEXBOT_RELEASE, or write it with "npm run release".`,
    );
  }
}
