/** Files of the simulation: keys and certificates of made-up machines, made once per checkout and read again at every start. */
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SigningKey } from '@privexbot/attestation/simulation';
import { writeFileDurably } from '../../../data-folder.ts';
import { randomBytes } from '../../../random.ts';
import { StartProblem, systemCode } from '../../../start-problem.ts';

const FORMAT = 'privexbot-simulation-1';
const ALGORITHMS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'RSA-PSS': { name: 'RSA-PSS', hash: 'SHA-384' },
} as const satisfies Record<SigningKey['kind'], object>;

/** What the file holds; where there is none, what `make` gives, which is then in the file. Of several that make it at once, one wins. */
export async function openStored<T extends object>(path: string, make: () => Promise<T>): Promise<T> {
  const text = (await readIfThere(path)) ?? (await createOnce(path, await write(await make())));
  try {
    const { format, content } = JSON.parse(text) as { format: string; content: unknown };
    // What was written by the line above for the same path is of the same type.
    if (format === FORMAT) return (await decode(content)) as T;
  } catch {
    // Said below, like any other content that is not of this format.
  }
  throw new StartProblem(`${path} is not a file of the simulation. Delete it: the next start makes it anew.`);
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new StartProblem(`${path} cannot be read (${systemCode(error)}). Check the file's owner.`);
  }
}

async function createOnce(path: string, text: string): Promise<string> {
  const made = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileDurably(made, new TextEncoder().encode(text), 0o600);
    // Unlike renaming, linking never replaces what another start has made meanwhile.
    await link(made, path);
    return text;
  } catch (error) {
    const others = systemCode(error) === 'EEXIST' ? await readIfThere(path) : undefined;
    if (others !== undefined) return others;
    throw new StartProblem(`${path} cannot be written (${systemCode(error)}). Make its folder writable.`);
  } finally {
    await rm(made, { force: true });
  }
}

async function write(content: object): Promise<string> {
  return `${JSON.stringify({ format: FORMAT, content: await encode(content) }, null, 1)}\n`;
}

/** Bytes, dates and keys are written so that they come back as what they were. */
async function encode(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (isKey(value)) {
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', value.privateKey));
    return { $key: value.kind, pkcs8: toBase64(pkcs8), spki: toBase64(value.spki) };
  }
  return mapMembers(value, encode);
}

async function decode(stored: unknown): Promise<unknown> {
  if (typeof stored !== 'object' || stored === null) return stored;
  const { $bytes, $date, $key, pkcs8, spki } = stored as Record<string, string>;
  if ($bytes !== undefined) return fromBase64($bytes);
  if ($date !== undefined) return new Date($date);
  if ($key === undefined) return mapMembers(stored, decode);
  const kind = $key as SigningKey['kind']; // An unknown one has no algorithm, which importing refuses.
  const privateKey = await crypto.subtle.importKey('pkcs8', fromBase64(pkcs8 ?? ''), ALGORITHMS[kind], true, ['sign']);
  return { kind, privateKey, spki: fromBase64(spki ?? '') } satisfies SigningKey;
}

async function mapMembers(value: object, map: (member: unknown) => Promise<unknown>): Promise<object> {
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, member]) => [name, await map(member)] as const)));
}

function isKey(value: object): value is SigningKey {
  return 'privateKey' in value;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
