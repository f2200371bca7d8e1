import { ParseError } from '../bytes.ts';
import type { Policy } from '../policy.ts';
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

const REGISTERS: Readonly<Record<string, string>> = {
  expected_measurement_hex: 'measurement',
  expected_host_data_hex: 'host_data',
  expected_id_key_digest_hex: 'id_key_digest',
  expected_author_key_digest_hex: 'author_key_digest',
};

const REPORT_DATA = 'expected_report_data_hex';

export interface SevSnpPins extends Pick<Policy, 'measurements' | 'sevSnp'> {
  /** In hexadecimal. */
  readonly reportData?: string;
}

/**
 * Reads the pins of a vector's `policy.json`. A name that isn't known is refused: a pin must never be left out silently.
 * Throws a ParseError.
 */
export function readSevSnpPins(json: unknown): SevSnpPins {
  const pins = isRecord(json) ? (json.policy ?? {}) : json;
  if (!isRecord(pins)) throw new ParseError('The policy is not an object');
  const measurement: Record<string, string> = {};
  const tcbFloor: Partial<Record<TcbPart, number>> = {};
  for (const [name, value] of Object.entries(pins)) {
    const register = REGISTERS[name];
    const part = FLOORS[name];
    if (register) measurement[register] = hexText(value);
    else if (part) tcbFloor[part] = level(value);
    else if (name !== REPORT_DATA && !ALWAYS.includes(name)) throw new ParseError(`The policy pins something unknown: ${name}`);
  }
  return {
    ...(REPORT_DATA in pins && { reportData: hexText(pins[REPORT_DATA]) }),
    ...(Object.keys(measurement).length > 0 && { measurements: [measurement] }),
    ...(Object.keys(tcbFloor).length > 0 && { sevSnp: { tcbFloor } }),
  };
}

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
