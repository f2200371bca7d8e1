// `npm run release -- init|witness|trust|add|statement FOLDER`: a company's own log of releases (docs/release-log.md). The folder may be published; keys lie elsewhere.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeReleaseStatement, type ReleaseEntry, type ReleaseMeasurement } from '@privexbot/attestation';
import {
  appendRelease,
  consistencyProof,
  cosignCheckpoint,
  createSigningKey,
  type LogEntries,
  ParseError,
  type PrivateJwk,
  signCheckpoint,
  signerOf,
  stateRelease,
  treeHeadOf,
  verifierKey,
} from '@privexbot/attestation/release-log';
import { measureBuild } from '@privexbot/enclave/providers/tee/build-measurement.ts';
import { buildClients } from './build.ts';

/** C2SP signed-note, "Signature types": timestamped Ed25519 cosignatures. */
const COSIGNATURE = 0x04;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const USAGE = `usage: npm run release -- COMMAND FOLDER
  init FOLDER --name NAME --key FILE            makes the log and its key
  add FOLDER --key FILE --version V --source URL --measurement "TEE REGISTER=HEX ..." [--measurement ...]
  witness FOLDER --name NAME --key FILE         signs that the log only grew since this witness last signed; makes the key the first time
  trust FOLDER --witness NAME=KEY               lists a witness whose signature clients shall ask for
  statement FOLDER --out FILE                   what the environment that runs the last entry shows its clients`;

/** `log.json`: what clients are told, as `releaseLog` of a key configuration. Keys in base64url. */
interface LogFile {
  readonly name: string;
  readonly key: string;
  readonly witnesses: readonly { readonly name: string; readonly key: string }[];
}

/** A key file, and for a witness the tree that it last signed. */
interface KeyFile {
  readonly name: string;
  readonly jwk: PrivateJwk;
  readonly seen?: { readonly size: number; readonly root: string };
}

interface Wishes {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
  readonly source?: string | undefined;
  readonly measurement?: string[] | undefined;
  readonly witness?: string | undefined;
  readonly out?: string | undefined;
  /** SHA-256 of each file that browsers are served, by its path. */
  readonly assets: () => Promise<Readonly<Record<string, string>>>;
}

/** A command that can't be carried out as it was given. */
class ReleaseProblem extends Error {}

/** @returns what to say; @throws ReleaseProblem or ParseError saying why nothing was changed */
export async function runRelease(args: string[], assets: Wishes['assets']): Promise<string> {
  const text = { type: 'string' } as const;
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { name: text, key: text, version: text, source: text, witness: text, out: text, measurement: { ...text, multiple: true } },
  });
  const [command = '', folder] = positionals;
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!run || !folder) throw new ReleaseProblem(USAGE);
  return run(folder, { ...values, assets });
}

const COMMANDS: Readonly<Record<string, (folder: string, wishes: Wishes) => Promise<string>>> = { init, add, witness, trust, statement };

async function init(folder: string, wishes: Wishes): Promise<string> {
  const name = given(wishes, 'name');
  if (existsSync(join(folder, 'log.json'))) throw new ReleaseProblem(`${folder} is a log already.`);
  await mkdir(join(folder, 'entries'), { recursive: true });
  const key = await makeKey(given(wishes, 'key'), name);
  await writeJson(join(folder, 'log.json'), { name, key: key.jwk.x, witnesses: [] } satisfies LogFile);
  return `The log ${name} is made. Whoever has ${wishes.key} can publish releases: keep it off the network.\n${await setting(folder)}`;
}

async function add(folder: string, wishes: Wishes): Promise<string> {
  const entries = await readEntries(folder);
  const { name, jwk } = await readKey(given(wishes, 'key'));
  const entry: ReleaseEntry = {
    v: 1,
    name: 'privexbot',
    version: given(wishes, 'version'),
    sequence: entries.length + 1,
    date: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    sourceUrl: given(wishes, 'source'),
    measurements: (wishes.measurement ?? []).map(readMeasurement),
    assets: await wishes.assets(),
  };
  if (entry.measurements.length === 0)
    throw new ReleaseProblem('--measurement is missing: what no machine measures, nobody can recognise.');
  const grown = appendRelease(entries, entry);
  const checkpoint = await signCheckpoint(grown, await signerOf(name, jwk));
  await writeFile(entryPath(folder, entries.length), grown.at(-1) ?? new Uint8Array(), { flag: 'wx' });
  await writeFile(join(folder, 'checkpoint'), checkpoint);
  return `Release ${entry.version} is number ${entry.sequence}, with ${Object.keys(entry.assets).length} web assets.`;
}

async function witness(folder: string, wishes: Wishes): Promise<string> {
  const [log, entries] = [await readLog(folder), await readEntries(folder)];
  const path = given(wishes, 'key');
  const own = existsSync(path) ? await readKey(path) : await makeKey(path, given(wishes, 'name'));
  if (!existsSync(join(folder, 'checkpoint'))) return `The witness is ${own.name}=${own.jwk.x}. There is no release to sign yet.`;
  const checkpoint = await readFile(join(folder, 'checkpoint'), 'utf8');
  const last = own.seen && { size: own.seen.size, root: fromBase64url(own.seen.root) };
  const cosigned = await cosignCheckpoint({
    checkpoint,
    log: { name: log.name, key: fromBase64url(log.key) },
    witness: await signerOf(own.name, own.jwk),
    at: Date.now(),
    // A log that shrank has no proof; the witness says so.
    ...(last ? { last, consistency: await consistencyProof(entries, Math.min(last.size, entries.length)) } : {}),
  });
  const { size, root } = await treeHeadOf(entries);
  await writeJson(path, { ...own, seen: { size, root: toBase64url(root) } } satisfies KeyFile, 0o600);
  await writeFile(join(folder, 'checkpoint'), cosigned);
  return `The witness ${own.name}=${own.jwk.x} signed ${size} releases.`;
}

async function trust(folder: string, wishes: Wishes): Promise<string> {
  const log = await readLog(folder);
  const [, name = '', key = ''] = /^([^\s=]+)=([\w-]{43})$/.exec(given(wishes, 'witness')) ?? [];
  if (!key) throw new ReleaseProblem('--witness is NAME=KEY, as `witness` printed it.');
  const witnesses = [...log.witnesses.filter((other) => other.name !== name), { name, key }];
  await writeJson(join(folder, 'log.json'), { ...log, witnesses } satisfies LogFile);
  return `Clients of ${log.name} ask for one of ${witnesses.length} witnesses.\n${await setting(folder)}`;
}

async function statement(folder: string, wishes: Wishes): Promise<string> {
  const [entries, checkpoint] = [await readEntries(folder), await readFile(join(folder, 'checkpoint'), 'utf8')];
  const out = given(wishes, 'out');
  // In place at once: the environment reads it while it runs.
  await writeFile(`${out}.new`, encodeReleaseStatement(await stateRelease(entries, entries.length - 1, checkpoint)));
  await rename(`${out}.new`, out);
  return `${out} states release ${entries.length}: PRIVEXBOT_RELEASE names it. Write it anew after each signature of a witness.`;
}

/** The setting that names the log, and belongs into what is measured: the log's key, then those of its witnesses. */
async function setting(folder: string): Promise<string> {
  const { name, key, witnesses } = await readLog(folder);
  const words = [await verifierKey({ name, key: fromBase64url(key) })];
  for (const witness of witnesses) words.push(await verifierKey({ name: witness.name, key: fromBase64url(witness.key) }, COSIGNATURE));
  return `PRIVEXBOT_RELEASE_LOG=${words.join(' ')}`;
}

/** `tdx mrtd=... rtmr0=...` */
function readMeasurement(text: string): ReleaseMeasurement {
  const [tee = '', ...registers] = text.trim().split(/\s+/);
  const read = registers.map((register) => register.toLowerCase().split('=') as [string, string]);
  return { tee: tee as ReleaseMeasurement['tee'], registers: Object.fromEntries(read) };
}

function given(wishes: Wishes, name: Exclude<keyof Wishes, 'measurement' | 'assets'>): string {
  const value = wishes[name];
  if (!value) throw new ReleaseProblem(`--${name} is missing.\n${USAGE}`);
  return value;
}

const entryPath = (folder: string, index: number) => join(folder, 'entries', `${String(index).padStart(6, '0')}.json`);

async function readEntries(folder: string): Promise<LogEntries> {
  const entries: Uint8Array[] = [];
  while (existsSync(entryPath(folder, entries.length))) entries.push(new Uint8Array(await readFile(entryPath(folder, entries.length))));
  return entries;
}

async function readLog(folder: string): Promise<LogFile> {
  return JSON.parse(await readFile(join(folder, 'log.json'), 'utf8')) as LogFile;
}

async function readKey(path: string): Promise<KeyFile> {
  return JSON.parse(await readFile(path, 'utf8')) as KeyFile;
}

async function makeKey(path: string, name: string): Promise<KeyFile> {
  const key: KeyFile = { name, jwk: await createSigningKey() };
  await writeFile(path, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

async function writeJson(path: string, value: unknown, mode = 0o644): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode });
}

function fromBase64url(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Those of production clients, as the image has them. */
async function productionAssets(): Promise<Readonly<Record<string, string>>> {
  await buildClients({ production: true });
  return measureBuild(ROOT).assets;
}

if (import.meta.main)
  try {
    console.log(await runRelease(process.argv.slice(2), productionAssets));
  } catch (error) {
    if (!(error instanceof ReleaseProblem || error instanceof ParseError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
