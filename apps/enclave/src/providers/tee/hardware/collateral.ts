/** What a vendor says about a processor, in files that whoever runs the machine keeps fresh. Nobody believes them without their signatures. */
import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Collateral } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem, systemCode } from '../../../start-problem.ts';
import { openRefreshed, type Refreshed } from '../refreshed.ts';

export interface Versioned<T> {
  readonly content: T;
  readonly version: string;
}

/** `certificate` is of this chip; the certificate table that comes with a report is taken first. */
export interface AmdCollateral {
  readonly certificate?: Uint8Array;
  readonly issuers: readonly Uint8Array[];
  readonly crl?: Uint8Array;
}

export interface CollateralOptions {
  readonly folder?: string | undefined;
  readonly now: () => Date;
  readonly log: Log;
}

const MAX_FILE_BYTES = 512 * 1024;
/** Files are looked at again after this time, so that fresh ones come into use without a restart. */
const REREAD_MS = 10 * 60 * 1000;

/** `collateral.json`: the members of Intel's provisioning service, see `Collateral`. */
export function openIntelCollateral(options: CollateralOptions): Promise<Refreshed<Versioned<Collateral | undefined>>> {
  return open(options, async (read) => {
    const text = await read('collateral.json');
    return text && (JSON.parse(new TextDecoder().decode(text)) as Collateral); // Its members are looked at one by one where they are used.
  });
}

/** `vcek.der` or `vcek.pem`, `ask_ark.pem` (as AMD's key service gives it) and `ark.crl`. */
export function openAmdCollateral(options: CollateralOptions): Promise<Refreshed<Versioned<AmdCollateral>>> {
  return open(options, async (read) => {
    const [certificate] = certificatesIn((await read('vcek.der')) ?? (await read('vcek.pem')));
    const crl = await read('ark.crl');
    return { issuers: certificatesIn(await read('ask_ark.pem')), ...(certificate ? { certificate } : {}), ...(crl ? { crl } : {}) };
  });
}

type Read = (name: string) => Promise<Uint8Array | undefined>;

function open<T>({ folder, now, log }: CollateralOptions, parse: (read: Read) => Promise<T>): Promise<Refreshed<Versioned<T>>> {
  const make = async (): Promise<Versioned<T>> => {
    const hashes: string[] = [];
    const content = await parse(async (name) => {
      const bytes = folder === undefined ? undefined : await readIfThere(join(folder, name));
      hashes.push(bytes ? hash('sha256', bytes, 'hex') : '');
      return bytes;
    }).catch((error: unknown) => {
      if (error instanceof SyntaxError) throw new StartProblem(`The collateral in ${folder} is not JSON. Fetch it anew.`);
      throw error;
    });
    return { content, version: hash('sha256', hashes.join(' '), 'hex').slice(0, 16) };
  };
  const onFailure = (error: unknown) => log.warn({ err: error }, 'the collateral could not be read again; the older one stays in use');
  return openRefreshed(make, { maxAgeMs: REREAD_MS, now, onFailure });
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES)
      throw new StartProblem(`${path} is too large to be collateral. Check PRIVEXBOT_COLLATERAL.`);
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof StartProblem) throw error;
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new StartProblem(`${path} cannot be read (${systemCode(error)}). Check PRIVEXBOT_COLLATERAL and the file's owner.`);
  }
}

/** DER of each PEM block, or the bytes themselves. */
export function certificatesIn(bytes: Uint8Array | undefined): Uint8Array[] {
  if (!bytes) return [];
  const blocks = [...new TextDecoder('latin1').decode(bytes).matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)];
  return blocks.length > 0 ? blocks.map(([, body = '']) => new Uint8Array(Buffer.from(body, 'base64'))) : [bytes];
}
