import { ParseError } from '../bytes.ts';
import type { SevSnpPolicy } from './report-checks.ts';
import type { TcbPart } from './tcb.ts';

/** `policy.json` of attestation vectors: names and what they mean here. */
const FLOORS: Readonly<Record<string, TcbPart>> = {
  min_tcb_fmc_spl: 'fmc',
  min_tcb_bl_spl: 'bootloader',
  min_tcb_tee_spl: 'tee',
  min_tcb_snp_spl: 'snp',
  min_tcb_ucode_spl: 'microcode',
};

/** Rules that always hold here. */
const ALWAYS = ['enforce_spec_defaults'];

export interface SevSnpPins extends SevSnpPolicy {
  /** In hexadecimal: goes into `SevSnpOptions.reportData`. */
  readonly reportData?: string;
}

/**
 * Reads the pins of a vector's `policy.json`. A name that isn't known is refused: a pin must never be left out silently.
 * Throws a ParseError.
 */
export function readSevSnpPins(json: unknown): SevSnpPins {
  const pins = isRecord(json) ? (json.policy ?? {}) : json;
  if (!isRecord(pins)) throw new ParseError('The policy is not an object');
  const unknown = Object.keys(pins).find((name) => !(name in FLOORS) && !(name in TEXTS) && !ALWAYS.includes(name));
  if (unknown) throw new ParseError(`The policy pins something unknown: ${unknown}`);
  const floors = Object.entries(FLOORS).flatMap(([name, part]) => (pins[name] === undefined ? [] : [[part, level(pins[name])] as const]));
  const texts = Object.entries(TEXTS).flatMap(([name, pin]) => (pins[name] === undefined ? [] : [pin(hexText(pins[name]))]));
  return { ...Object.assign({}, ...texts), ...(floors.length > 0 && { tcbFloor: Object.fromEntries(floors) }) };
}

const TEXTS: Readonly<Record<string, (value: string) => SevSnpPins>> = {
  expected_measurement_hex: (value) => ({ measurements: [value] }),
  expected_host_data_hex: (hostData) => ({ hostData }),
  expected_report_data_hex: (reportData) => ({ reportData }),
  expected_id_key_digest_hex: (idKeyDigest) => ({ idKeyDigest }),
  expected_author_key_digest_hex: (authorKeyDigest) => ({ authorKeyDigest }),
};

function level(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw new ParseError('A firmware level is not a number');
  return value;
}

function hexText(value: unknown): string {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/i.test(value)) throw new ParseError('A pin is not hexadecimal');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
