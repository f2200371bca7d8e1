import { equalBytes } from '../bytes.ts';
import {
  type IsvLevel,
  type LevelFacts,
  type PlatformLevel,
  type QeIdentity,
  TCB_STATUSES,
  type TcbInfo,
  type TcbStatus,
  type TdxModule,
} from './collateral.ts';
import type { PckFacts } from './pck.ts';
import type { EnclaveBody, TdBody } from './quote.ts';

/** The level that was found, and where it is out of date: since when a better one was to be had. */
export interface FoundLevel extends LevelFacts {
  readonly outdatedSince?: number;
}

/** The worst status of all parts, with the advisories of all. */
export interface TcbAppraisal {
  readonly status: TcbStatus;
  /** Milliseconds since 1970: the oldest of the parts' dates. */
  readonly date: number;
  readonly advisories: readonly string[];
  readonly outdatedSince?: number;
}

/**
 * The processor's level: levels are listed from best to worst, and the first that the machine reaches is its level (Intel SGX and TDX
 * Provisioning Certification Service, "Get TCB Info", V3 algorithm). Undefined: the machine is below all.
 */
export function findPlatformLevel(levels: readonly PlatformLevel[], pck: PckFacts, body: TdBody | EnclaveBody): FoundLevel | undefined {
  return firstReached(levels, (level) => {
    if (!reaches(pck.components, level.sgxComponents) || pck.pceSvn < level.pceSvn) return false;
    if (body.tee === 'sgx') return true;
    if (!level.tdxComponents) return false;
    // Bytes 0 and 1 are the module's SVN and version; from version 1 on the module has levels of its own.
    const start = (body.teeTcbSvn[1] ?? 0) > 0 ? 2 : 0;
    return reaches([...body.teeTcbSvn].slice(start), level.tdxComponents.slice(start));
  });
}

/** The quoting enclave's or the TDX module's level. */
export function findIsvLevel(levels: readonly IsvLevel[], isvSvn: number): FoundLevel | undefined {
  return firstReached(levels, (level) => isvSvn >= level.isvSvn);
}

/** Whether the vendor published the TDX module of this TD, and that module's level where it has one. */
export function appraiseModule(tcbInfo: TcbInfo, body: TdBody): { readonly isKnown: boolean; readonly level?: FoundLevel } {
  const [svn = 0, version = 0] = body.teeTcbSvn;
  if (version === 0) return { isKnown: tcbInfo.tdxModule !== undefined && isModule(tcbInfo.tdxModule, body) };
  const id = `TDX_${version.toString(16).padStart(2, '0')}`;
  const identity = tcbInfo.moduleIdentities.find((candidate) => candidate.id.toUpperCase() === id.toUpperCase());
  const level = identity && findIsvLevel(identity.levels, svn);
  return identity && level && isModule(identity, body) ? { isKnown: true, level } : { isKnown: false };
}

function isModule(module: TdxModule, body: TdBody): boolean {
  return equalBytes(module.mrSigner, body.mrSignerSeam) && equalsMasked(body.seamAttributes, module.attributes, module.attributesMask);
}

/** What of the quoting enclave's identity does not fit its report; undefined if all fits. */
export function qeMismatch(identity: QeIdentity, report: EnclaveBody): string | undefined {
  if (!equalBytes(identity.mrSigner, report.mrSigner)) return 'it was signed by someone else';
  if (identity.isvProdId !== report.isvProdId) return 'it is another product';
  if (!equalsMasked(report.miscSelect, identity.miscSelect, identity.miscSelectMask)) return 'its miscellaneous settings differ';
  if (!equalsMasked(report.attributes, identity.attributes, identity.attributesMask)) return 'its attributes differ';
  return undefined;
}

export function worstOf(found: readonly FoundLevel[]): TcbAppraisal {
  const outdated = found.flatMap(({ outdatedSince }) => outdatedSince ?? []);
  return {
    status: TCB_STATUSES[Math.max(...found.map(({ status }) => TCB_STATUSES.indexOf(status)))] ?? 'Revoked',
    date: Math.min(...found.map(({ date }) => date)),
    advisories: [...new Set(found.flatMap(({ advisories }) => advisories))].sort(),
    ...(outdated.length > 0 ? { outdatedSince: Math.min(...outdated) } : {}),
  };
}

export function isOutOfDate(status: TcbStatus): boolean {
  return status === 'OutOfDate' || status === 'OutOfDateConfigurationNeeded';
}

function firstReached<Level extends LevelFacts>(levels: readonly Level[], isReached: (level: Level) => boolean): FoundLevel | undefined {
  const index = levels.findIndex(isReached);
  const level = levels[index];
  if (!level) return undefined;
  const { status, date, advisories } = level;
  if (!isOutOfDate(status)) return { status, date, advisories };
  // The nearest better level that is not out of date itself; a list without one leaves no grace.
  const better = levels.slice(0, index).findLast((candidate) => !isOutOfDate(candidate.status));
  return { status, date, advisories, outdatedSince: better?.date ?? 0 };
}

function reaches(actual: readonly number[], needed: readonly number[]): boolean {
  return needed.every((svn, index) => (actual[index] ?? -1) >= svn);
}

function equalsMasked(actual: Uint8Array, expected: Uint8Array, mask: Uint8Array): boolean {
  return (
    actual.length === mask.length &&
    actual.every((byte, index) => (byte & (mask[index] ?? 0xff)) === ((expected[index] ?? 0) & (mask[index] ?? 0xff)))
  );
}
