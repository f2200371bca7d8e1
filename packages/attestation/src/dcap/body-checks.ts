/** The checks of a quote's body that need neither cryptography nor collateral. */
import { isAllZero, toHex } from '../bytes.ts';
import type { Report } from '../checks.ts';
import type { EnclaveBody, TdBody } from './quote.ts';

/** Intel TDX Module ABI, ATTRIBUTES: bits that mean something. The lowest eight put a TD under its host's eyes (TUD). */
const TD = { severe: 0xffn, septVeDisable: 1n << 28n, migratable: 1n << 29n } as const;
/** ICSSD, LASS, SEPT_VE_DISABLE, MIGRATABLE, PKS, KL, TPA, PERFMON. */
const TD_KNOWN = TD.severe | bits(16, 27, 28, 29, 30, 31, 62, 63);

/** Intel SDM volume 3D, §36.7.1, ATTRIBUTES: INIT, DEBUG, MODE64BIT, PROVISIONKEY, EINITTOKEN_KEY, CET, KSS, AEXNOTIFY. */
const SGX = { init: 1n, debug: 1n << 1n } as const;
const SGX_KNOWN = bits(0, 1, 2, 4, 5, 6, 7, 10);

export function checkBody(
  body: TdBody | EnclaveBody,
  { requireSeptVeDisable = false }: { requireSeptVeDisable?: boolean },
  report: Report,
): void {
  if (body.tee === 'tdx') checkTd(body, requireSeptVeDisable, report);
  else checkEnclave(body, report);
}

function checkTd({ tdAttributes, seamAttributes }: TdBody, requireSeptVeDisable: boolean, report: Report): void {
  const attributes = flags(tdAttributes);
  const actual = toHex(tdAttributes);
  report.expect('debug', (attributes & TD.severe) === 0n, { actual, explain: 'It was started so that the host can debug or profile it.' });
  report.expect('migration', (attributes & TD.migratable) === 0n, {
    actual,
    explain: 'It was started so that it can be moved to another machine.',
  });
  report.expect('attributes', (attributes & ~TD_KNOWN) === 0n, { actual, explain: 'It was started with attributes that are not known.' });
  report.expect('attributes', isAllZero(seamAttributes), {
    actual: toHex(seamAttributes),
    explain: 'The processor’s module runs with attributes.',
  });
  if (requireSeptVeDisable) {
    const isDisabled = (attributes & TD.septVeDisable) !== 0n;
    report.expect('attributes', isDisabled, {
      actual,
      explain: 'The host can inject exceptions when memory is used (SEPT_VE_DISABLE is off).',
    });
  }
}

function checkEnclave({ attributes }: EnclaveBody, report: Report): void {
  const set = flags(attributes);
  const actual = toHex(attributes);
  report.expect('debug', (set & SGX.debug) === 0n, { actual, explain: 'It was started so that the host can debug it.' });
  const isSound = (set & SGX.init) !== 0n && (set & ~SGX_KNOWN) === 0n;
  report.expect('attributes', isSound, { actual, explain: 'It was not initialized, or has attributes that are not known.' });
}

function flags(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

function bits(...positions: readonly number[]): bigint {
  return positions.reduce((mask, position) => mask | (1n << BigInt(position)), 0n);
}
