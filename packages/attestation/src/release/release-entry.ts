/** An entry of a log of releases: what was published, and how a machine measures it. */
import { ParseError } from '../bytes.ts';
import {
  asObject,
  decodeCanonical,
  encodeCanonical,
  listOf,
  requireMembers,
  SHA256_HEX,
  textMapOf,
  textOf,
  wholeNumberOf,
} from '../canonical-json.ts';
import type { Measurement, Tee } from '../policy.ts';

export interface ReleaseEntry {
  readonly v: 1;
  /** Of the product, the same for all its releases. */
  readonly name: string;
  readonly version: string;
  /** Greater than that of every entry before. */
  readonly sequence: number;
  /** ISO 8601 in UTC, to the second. */
  readonly date: string;
  readonly sourceUrl: string;
  /** Any one of them is this release. */
  readonly measurements: readonly ReleaseMeasurement[];
  /** Path of each file that browsers are served, to its SHA-256 in hexadecimal. */
  readonly assets: Readonly<Record<string, string>>;
}

export interface ReleaseMeasurement {
  readonly tee: Tee;
  /** As `Claims.registers` names them, in lower-case hexadecimal; at least those that name a whole build. */
  readonly registers: Measurement;
}

export const MAX_ENTRY_BYTES = 40 * 1024;
const MAX_MEASUREMENTS = 64;
const MAX_REGISTERS = 32;
const MAX_ASSETS = 512;

/** Less than these does not name what runs: the others follow from it, or are the machine's own. */
const WHOLE: Readonly<Record<Tee, readonly string[]>> = {
  tdx: ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2'],
  sgx: ['mrenclave'],
  'sev-snp': ['measurement'],
  nitro: ['pcr0', 'pcr1', 'pcr2'],
};

/** Canonical JSON, byte for byte what the log holds. Throws a ParseError for an entry that nobody would accept. */
export function encodeReleaseEntry(entry: ReleaseEntry): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonical(entry);
  decodeReleaseEntry(bytes);
  return bytes;
}

/** Throws a ParseError unless the bytes are the one form that `encodeReleaseEntry` writes. */
export function decodeReleaseEntry(bytes: Uint8Array): ReleaseEntry {
  const json = decodeCanonical(bytes, 'The release', MAX_ENTRY_BYTES);
  requireMembers(json, 'The release', 'v', 'name', 'version', 'sequence', 'date', 'sourceUrl', 'measurements', 'assets');
  if (json.v !== 1) throw new ParseError('The release is of an unknown version');
  return {
    v: 1,
    name: textOf(json, 'name', SHORT),
    version: textOf(json, 'version', SHORT),
    sequence: wholeNumberOf(json, 'sequence'),
    date: dateOf(json.date),
    sourceUrl: textOf(json, 'sourceUrl', ADDRESS),
    measurements: listOf(json, 'measurements', MAX_MEASUREMENTS, readMeasurement),
    assets: textMapOf(json, 'assets', MAX_ASSETS, SHA256_HEX),
  };
}

const SHORT = /^[^\p{Cc}]{1,100}$/u;
/** Shown as a link. */
const ADDRESS = /^https:\/\/[!-~]{1,500}$/;
const REGISTER = /^([0-9a-f]{2}){1,64}$/;

function readMeasurement(value: unknown): ReleaseMeasurement {
  const json = asObject(value, 'A measurement');
  requireMembers(json, 'A measurement', 'tee', 'registers');
  const tee = (Object.keys(WHOLE) as Tee[]).find((known) => known === json.tee);
  if (!tee) throw new ParseError('A measurement is of an unknown kind of machine');
  const registers = textMapOf(json, 'registers', MAX_REGISTERS, REGISTER);
  const missing = WHOLE[tee].find((name) => !(name in registers));
  if (missing) throw new ParseError(`A measurement lacks ${missing}, and so does not name a build`);
  return { tee, registers };
}

function dateOf(value: unknown): string {
  const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value));
  if (!isDate) throw new ParseError('date is not a time');
  return value;
}
