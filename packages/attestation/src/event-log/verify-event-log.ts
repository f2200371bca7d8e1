import { equalBytes, ParseError } from '../bytes.ts';
import type { Report } from '../checks.ts';
import { onlyPayload, parseDstackLog } from './dstack.ts';
import { proveData } from './measured-data.ts';
import { replayRegister } from './replay.ts';
import { type LoggedEvent, parseTcgLog } from './tcg.ts';

/** What a TDX quote says of the machine's start. Must come from a quote whose signature was verified. */
export interface MeasuredRegisters {
  /** RTMR0 to 3. */
  readonly rtmrs: readonly Uint8Array[];
  readonly mrConfigId: Uint8Array;
}

export type EventLogEvidence =
  /** The firmware's log (CCEL). */
  | { readonly kind: 'tcg'; readonly log: Uint8Array }
  /** dstack's log, and the text of app-compose.json as it was deployed. */
  | { readonly kind: 'dstack'; readonly log: string; readonly appCompose?: string }
  /** What SecretVM extends into RTMR3: the compose file's bytes, the image's root file system digest, and files beside it, if any. */
  | SecretVmEvidence;

interface SecretVmEvidence {
  readonly kind: 'secretvm';
  readonly compose: Uint8Array;
  readonly rootfs: Uint8Array;
  readonly files?: Uint8Array;
}

export interface EventLogClaims {
  readonly events: number;
  /** Firmware events whose text was proven by their digest. */
  readonly proven: number;
  /** SHA-256 of the compose file that the registers hold. */
  readonly composeHash?: Uint8Array;
}

/**
 * Replays a log against the registers of a quote and binds the workload's manifest to them: check `event-log`.
 *
 * Passed means that the log is what was extended. RTMR3 is extended by the guest itself, so the compose hash is worth as much as the
 * guest is: it proves the workload only where MRTD and RTMR0 to 2 are pinned to a known image (`policy-measurement`).
 */
export async function verifyEventLog(
  evidence: EventLogEvidence,
  registers: MeasuredRegisters,
  report: Report,
): Promise<EventLogClaims | undefined> {
  try {
    const claims = await verifyKind(evidence, registers);
    report.add('event-log', 'passed');
    return claims;
  } catch (error) {
    report.add('event-log', 'failed', { explain: error instanceof ParseError ? error.message : 'the event log is malformed' });
    return undefined;
  }
}

async function verifyKind(evidence: EventLogEvidence, registers: MeasuredRegisters): Promise<EventLogClaims> {
  switch (evidence.kind) {
    case 'tcg':
      return verifyTcg(parseTcgLog(evidence.log), registers);
    case 'dstack':
      return verifyDstack(evidence.log, evidence.appCompose, registers);
    case 'secretvm':
      return verifySecretVm(evidence, registers);
    default:
      // Evidence comes from outside: nothing may pass because nobody looked at it.
      throw new ParseError('the event log is of an unknown kind');
  }
}

async function verifyTcg(events: readonly LoggedEvent[], registers: MeasuredRegisters): Promise<EventLogClaims> {
  // RTMR3 is the operating system's; the firmware's log need not know what it extended.
  await requireReplay(events, registers, events.some(({ rtmr }) => rtmr === 3) ? [0, 1, 2, 3] : [0, 1, 2]);
  const proofs = await Promise.all(events.map(proveData));
  const wrong = proofs.indexOf('false');
  if (wrong >= 0) throw new ParseError(`the digest of event ${wrong} is not that of its content`);
  return { events: events.length, proven: proofs.filter((proof) => proof === 'proven').length };
}

async function verifyDstack(log: string, appCompose: string | undefined, registers: MeasuredRegisters): Promise<EventLogClaims> {
  const events = await parseDstackLog(log);
  await requireReplay(events, registers, [0, 1, 2, 3]);
  const composeHash = onlyPayload(events, 'compose-hash');
  if (appCompose !== undefined && !equalBytes(await sha256(new TextEncoder().encode(appCompose)), composeHash)) {
    throw new ParseError('app-compose.json is not the one that was started');
  }
  // dstack MrConfig V1: 01, SHA-256 of app-compose.json, zeros. Later versions hash the same with Keccak; RTMR3 holds it in any case.
  if (registers.mrConfigId[0] === 1 && !equalBytes(registers.mrConfigId.subarray(1, 33), composeHash)) {
    throw new ParseError('MRCONFIGID names another app-compose.json than RTMR3');
  }
  return { events: events.length, proven: events.filter(({ rtmr }) => rtmr === 3).length, composeHash };
}

/** scrtlabs/secret-vm-build `init-tdx`: SHA-256 of the compose file, the root file system's digest, SHA-256 of the files' archive. */
async function verifySecretVm(evidence: SecretVmEvidence, registers: MeasuredRegisters): Promise<EventLogClaims> {
  const composeHash = await sha256(evidence.compose);
  const files = evidence.files ? [await sha256(evidence.files)] : [];
  const events = [composeHash, evidence.rootfs, ...files].map((digest) => ({ rtmr: 3, digest }));
  await requireReplay(events, registers, [3]);
  return { events: events.length, proven: events.length, composeHash };
}

async function requireReplay(
  events: readonly { rtmr: number; digest: Uint8Array }[],
  { rtmrs }: MeasuredRegisters,
  wanted: readonly number[],
) {
  for (const index of wanted) {
    const replayed = await replayRegister(events.filter(({ rtmr }) => rtmr === index).map(({ digest }) => digest));
    if (!equalBytes(replayed, rtmrs[index] ?? new Uint8Array())) throw new ParseError(`the log does not give RTMR${index} of the quote`);
  }
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
}
