/** The bytes that carry evidence: the channel's answer and the evidence endpoint hold them. */
import { fromBase64url, ParseError, toBase64url } from '../bytes.ts';
import { asObject, decodeCanonical, encodeCanonical, type Json, listOf, requireMembers, textOf } from '../canonical-json.ts';
import type { Collateral } from '../dcap/collateral.ts';
import type { EventLogEvidence } from '../event-log/verify-event-log.ts';
import type { Evidence } from '../verify.ts';

export interface EvidenceDocument {
  readonly evidence: Evidence;
  /** The launch manifest's JSON, byte for byte. */
  readonly launchManifest: Uint8Array;
}

/** What the sealed channel carries at most (docs/secure-channel.md §3). */
const MAX_BYTES = 1024 * 1024;
/** ASK and ARK; one more is the verifier's to refuse. */
const MAX_ISSUERS = 3;

/** Canonical JSON: `v`, `tee`, `launchManifest` and the members of the evidence, bytes in base64url. */
export function encodeEvidence({ evidence, launchManifest }: EvidenceDocument): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonical({ v: 1, launchManifest: toBase64url(launchManifest), ...toJson(evidence) });
  if (bytes.length > MAX_BYTES) throw new RangeError(`Evidence is longer than ${MAX_BYTES} bytes`);
  return bytes;
}

/** Throws a ParseError unless the bytes are the one form that `encodeEvidence` writes. */
export function decodeEvidence(bytes: Uint8Array): EvidenceDocument {
  const json = decodeCanonical(bytes, 'The evidence', MAX_BYTES);
  if (json.v !== 1) throw new ParseError('The evidence is of an unknown version');
  return { evidence: fromJson(json), launchManifest: bytesOf(json, 'launchManifest') };
}

function toJson(evidence: Evidence): Json {
  switch (evidence.tee) {
    case 'tdx':
    case 'sgx': {
      const { tee, quote, collateral, eventLog } = evidence;
      return withoutUndefined({ tee, quote: toBase64url(quote), collateral, eventLog: eventLog && logToJson(eventLog) });
    }
    case 'sev-snp': {
      const { tee, report, certificate, issuers, crl } = evidence;
      return withoutUndefined({
        tee,
        report: toBase64url(report),
        certificate: certificate && toBase64url(certificate),
        issuers: issuers.map(toBase64url),
        crl: crl && toBase64url(crl),
      });
    }
    case 'nitro':
      return { tee: evidence.tee, document: toBase64url(evidence.document) };
  }
}

function fromJson(json: Json): Evidence {
  const { tee } = json;
  switch (tee) {
    case 'tdx':
    case 'sgx':
      requireMembers(json, 'The evidence', ...COMMON, 'quote', 'collateral?', 'eventLog?');
      return {
        tee,
        quote: bytesOf(json, 'quote'),
        ...(json.collateral === undefined ? {} : { collateral: readCollateral(json.collateral) }),
        ...(json.eventLog === undefined ? {} : { eventLog: readLog(json.eventLog) }),
      };
    case 'sev-snp':
      requireMembers(json, 'The evidence', ...COMMON, 'report', 'certificate?', 'issuers', 'crl?');
      return {
        tee,
        report: bytesOf(json, 'report'),
        ...(json.certificate === undefined ? {} : { certificate: bytesOf(json, 'certificate') }),
        issuers: listOf(json, 'issuers', MAX_ISSUERS, (issuer) => bytesOf({ issuer }, 'issuer')),
        ...(json.crl === undefined ? {} : { crl: bytesOf(json, 'crl') }),
      };
    case 'nitro':
      requireMembers(json, 'The evidence', ...COMMON, 'document');
      return { tee, document: bytesOf(json, 'document') };
    default:
      throw new ParseError('The evidence is of an unknown kind');
  }
}

const COMMON = ['v', 'tee', 'launchManifest'];

const COLLATERAL = [
  'tcb_info',
  'tcb_info_signature',
  'tcb_info_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
  'qe_identity_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'pck_crl_issuer_chain',
] as const satisfies readonly (keyof Collateral)[];

function readCollateral(value: unknown): Collateral {
  const json = asObject(value, 'collateral');
  requireMembers(json, 'collateral', ...COLLATERAL.map((name) => `${name}?`));
  return Object.fromEntries(COLLATERAL.flatMap((name) => (json[name] === undefined ? [] : [[name, textOf(json, name)]])));
}

function logToJson(log: EventLogEvidence): Json {
  switch (log.kind) {
    case 'tcg':
      return { kind: log.kind, log: toBase64url(log.log) };
    case 'dstack':
      return withoutUndefined({ kind: log.kind, log: log.log, appCompose: log.appCompose });
    case 'secretvm':
      return withoutUndefined({
        kind: log.kind,
        compose: toBase64url(log.compose),
        rootfs: toBase64url(log.rootfs),
        files: log.files && toBase64url(log.files),
      });
  }
}

function readLog(value: unknown): EventLogEvidence {
  const json = asObject(value, 'eventLog');
  const { kind } = json;
  switch (kind) {
    case 'tcg':
      requireMembers(json, 'eventLog', 'kind', 'log');
      return { kind, log: bytesOf(json, 'log') };
    case 'dstack':
      requireMembers(json, 'eventLog', 'kind', 'log', 'appCompose?');
      return {
        kind,
        log: textOf(json, 'log'),
        ...(json.appCompose === undefined ? {} : { appCompose: textOf(json, 'appCompose') }),
      };
    case 'secretvm':
      requireMembers(json, 'eventLog', 'kind', 'compose', 'rootfs', 'files?');
      return {
        kind,
        compose: bytesOf(json, 'compose'),
        rootfs: bytesOf(json, 'rootfs'),
        ...(json.files === undefined ? {} : { files: bytesOf(json, 'files') }),
      };
    default:
      throw new ParseError('The event log is of an unknown kind');
  }
}

function bytesOf(json: Json, name: string): Uint8Array<ArrayBuffer> {
  return fromBase64url(textOf(json, name));
}

function withoutUndefined(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}
