import { fromHex, ParseError } from '../bytes.ts';
import type { Policy, Tee } from '../policy.ts';
import { readSevSnpPins } from '../sev-snp/pins.ts';

export interface VectorPolicy extends Policy {
  readonly expectedReportData?: Uint8Array;
}

/** Reads a vector's `policy.json`. A name that is not known is refused: a pin must never be left out silently. Throws a ParseError. */
export function readVectorPolicy(tee: Tee, json: unknown): VectorPolicy {
  if (tee === 'nitro') throw new ParseError('Nitro rows have no policy');
  if (tee === 'sev-snp') {
    const { reportData, ...policy } = readSevSnpPins(json);
    return { ...policy, ...(reportData === undefined ? {} : { expectedReportData: fromHex(reportData) }) };
  }
  if (!isRecord(json)) throw new ParseError('The policy is not an object');
  const pins = isRecord(json.policy) ? json.policy : json;
  const measurement: Record<string, string> = {};
  let policy: VectorPolicy = {};
  for (const [name, value] of Object.entries(pins)) {
    const register = REGISTERS[name];
    const pin = DCAP_PINS[name];
    if (register) measurement[register] = hex(value);
    else if (pin) policy = { ...policy, ...pin(value, policy) };
    else throw new ParseError(`The policy pins something unknown: ${name}`);
  }
  return Object.keys(measurement).length > 0 ? { ...policy, measurements: [measurement] } : policy;
}

const REGISTERS: Readonly<Record<string, string>> = {
  expected_mrtd_hex: 'mrtd',
  expected_rtmr0_hex: 'rtmr0',
  expected_rtmr1_hex: 'rtmr1',
  expected_rtmr2_hex: 'rtmr2',
  expected_rtmr3_hex: 'rtmr3',
  expected_mr_config_id_hex: 'mr_config_id',
  expected_mrenclave_hex: 'mrenclave',
  expected_mrsigner_hex: 'mrsigner',
};

const DCAP_PINS: Readonly<Record<string, (value: unknown, policy: VectorPolicy) => VectorPolicy>> = {
  // These two ask for what always happens here.
  tcb_evaluation_required: () => ({}),
  enforce_spec_defaults: () => ({}),
  schema_version: () => ({}),
  expiration_check_date_unix: () => ({}),
  expected_fmspc_hex: (value, { dcap }) => ({ dcap: { ...dcap, fmspcs: [hex(value)] } }),
  expected_mrseam_allowlist: (value, { dcap }) => ({ dcap: { ...dcap, mrSeams: hexList(value) } }),
  expected_report_data_hex: (value) => ({ expectedReportData: fromHex(hex(value)) }),
};

function hexList(value: unknown): string[] {
  if (!Array.isArray(value)) throw new ParseError('A pin is not a list');
  return value.map(hex);
}

function hex(value: unknown): string {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/i.test(value)) throw new ParseError('A pin is not hexadecimal');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
