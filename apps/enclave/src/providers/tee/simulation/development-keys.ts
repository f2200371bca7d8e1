import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import {
  createDcapMachine,
  createNitroMachine,
  createSnpMachine,
  type DcapMachine,
  type NitroMachine,
  type SnpMachine,
  toPem,
} from '@privexbot/attestation/simulation';
import { writeFileDurably } from '../../../data-folder.ts';
import { randomBytes } from '../../../random.ts';
import type { SimulatedKind } from '../tee-provider.ts';
import { openStored, readIfThere } from './key-files.ts';

/** The simulated root certificates, which development clients are built with. */
const ROOTS_FILE = 'root.pem';

/** Signs what a development build says about itself in the place of the keys that stay offline. */
export interface DevelopmentSigner {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const LIFETIME_DAYS = 10 * 365;

const MACHINES = {
  'simulated-tdx': { file: 'tdx.json', open: openSimulatedTdx },
  'simulated-nitro': { file: 'nitro.json', open: openSimulatedNitro },
  'simulated-sev-snp': { file: 'sev-snp.json', open: openSimulatedSnp },
} as const satisfies Record<SimulatedKind, { file: string; open: (folder: string, at: Date) => Promise<{ root: Uint8Array }> }>;

/** Made with any kind, so that `root.pem` is the same for most; AMD's, whose RSA keys take seconds, only when it is asked for. */
const ALWAYS: readonly SimulatedKind[] = ['simulated-tdx', 'simulated-nitro'];

/** Makes what is missing for `kind` and brings `root.pem` up to date. Clients are built after this. */
export async function prepareSimulation(folder: string, kind: SimulatedKind, now: Date = new Date()): Promise<void> {
  for (const each of new Set([...ALWAYS, kind])) await MACHINES[each].open(folder, now);
  const path = join(folder, ROOTS_FILE);
  // Another start may add a kind between reading and writing: whoever writes looks again.
  for (let pem = await rootsOf(folder, now); (await readIfThere(path)) !== pem; pem = await rootsOf(folder, now))
    await writeFileDurably(path, new TextEncoder().encode(pem), 0o644);
}

export function openSimulatedTdx(folder: string, at: Date): Promise<DcapMachine> {
  const ppid = Buffer.from(randomBytes(16)).toString('hex');
  return openStored(join(folder, MACHINES['simulated-tdx'].file), () => createDcapMachine(at, { ppid, lifetimeDays: LIFETIME_DAYS }));
}

export function openSimulatedNitro(folder: string, at: Date): Promise<NitroMachine> {
  return openStored(join(folder, MACHINES['simulated-nitro'].file), () => createNitroMachine(at));
}

export function openSimulatedSnp(folder: string, at: Date): Promise<SnpMachine> {
  return openStored(join(folder, MACHINES['simulated-sev-snp'].file), () => createSnpMachine(at, 'Genoa'));
}

/** The release log of this checkout: what `npm start` builds is its newest entry. */
export function openDevelopmentLogKey(folder: string): Promise<DevelopmentSigner> {
  return openSigner(folder, 'release-log', 'privexbot-development-log');
}

/** The log's witness in development: not independent of it, as its name says. */
export function openDevelopmentWitnessKey(folder: string): Promise<DevelopmentSigner> {
  return openSigner(folder, 'witness', 'privexbot-development-witness');
}

async function rootsOf(folder: string, now: Date): Promise<string> {
  const roots: Uint8Array[] = [];
  for (const { file, open } of Object.values(MACHINES))
    if ((await readIfThere(join(folder, file))) !== undefined) roots.push((await open(folder, now)).root);
  return toPem(...roots);
}

async function openSigner(folder: string, file: string, prefix: string): Promise<DevelopmentSigner> {
  const { pkcs8 } = await openStored(join(folder, `${file}.json`), async () => ({ pkcs8: newEd25519() }));
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const publicKey = rawPublicKey(key);
  // Checkouts have keys of their own, and a log is known by its name and key.
  const name = `${prefix}.${Buffer.from(publicKey.subarray(0, 4)).toString('hex')}`;
  return { name, publicKey, sign: async (message) => new Uint8Array(sign(null, message, key)) };
}

function newEd25519(): Uint8Array {
  return new Uint8Array(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }));
}

/** The last 32 bytes of SubjectPublicKeyInfo (RFC 8410 §4). */
function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' })).slice(-32);
}
