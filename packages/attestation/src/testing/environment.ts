/** A whole made-up environment: a machine, a log of releases with a witness, a launch manifest, an identity. */
import { anchorsFromPem } from '../anchors.ts';
import { toBase64url } from '../bytes.ts';
import { encodeEvidence } from '../environment/evidence-document.ts';
import { encodeLaunchManifest, type LaunchManifest, launchManifestDigest } from '../environment/launch-manifest.ts';
import type { EnvironmentInput, EnvironmentOptions, EnvironmentPeer } from '../environment/verify-environment.ts';
import { replayRegister } from '../event-log/replay.ts';
import type { Tee } from '../policy.ts';
import type { ReleaseEntry, ReleaseMeasurement } from '../release/release-entry.ts';
import { encodeReleaseStatement } from '../release/release-statement.ts';
import {
  appendRelease,
  cosignCheckpoint,
  createSigningKey,
  type LogEntries,
  type NoteSigner,
  signCheckpoint,
  signerOf,
  stateRelease,
} from '../release/write-log.ts';
import { toPem } from '../simulation/authority.ts';
import { type CollateralContent, createDcapMachine, writeCollateral, writeQuote } from '../simulation/dcap.ts';
import { createNitroMachine, writeNitroDocument } from '../simulation/nitro.ts';
import { createSnpMachine, writeSnpCrl, writeSnpEvidence } from '../simulation/sev-snp.ts';
import type { Evidence } from '../verify.ts';

export const AT = new Date('2026-03-01T12:00:00Z');
export const DAY = 24 * 60 * 60 * 1000;
export const ORIGIN = 'https://acme.example';
const REPORT_DATA = new Uint8Array(64).fill(0xda);
const NONCE = new Uint8Array(32).fill(0x20);

export const MANIFEST: LaunchManifest = {
  v: 1,
  node: { version: 'v24.21.0', options: ['--disable-proto=throw'] },
  settings: { PRIVEXBOT_PUBLIC_URL: ORIGIN, PRIVEXBOT_MODEL_URL: 'none', PRIVEXBOT_ROOT_KEY: 'sev-snp' },
  models: [{ name: 'embeddings', sha256: '11'.repeat(32) }],
};

export const BUILDS: readonly ReleaseMeasurement[] = [
  { tee: 'tdx', registers: { mrtd: '7d'.repeat(48), rtmr0: '10'.repeat(48), rtmr1: '11'.repeat(48), rtmr2: '12'.repeat(48) } },
  { tee: 'sgx', registers: { mrenclave: 'ee'.repeat(32) } },
  { tee: 'sev-snp', registers: { measurement: '3e'.repeat(48) } },
  { tee: 'nitro', registers: { pcr0: '01'.repeat(48), pcr1: '02'.repeat(48), pcr2: '03'.repeat(48) } },
];

export function entryOf(sequence: number, changes: Partial<ReleaseEntry> = {}): ReleaseEntry {
  return {
    v: 1,
    name: 'privexbot',
    version: `1.${sequence}.0`,
    sequence,
    date: '2026-02-20T08:00:00Z',
    sourceUrl: `https://example.com/privexbot/tree/v1.${sequence}.0`,
    measurements: BUILDS,
    assets: { '/index.html': 'ab'.repeat(32) },
    ...changes,
  };
}

export function entriesOf(count: number, changes: Partial<ReleaseEntry> = {}): LogEntries {
  let entries: LogEntries = [];
  for (let sequence = 1; sequence <= count; sequence++) entries = appendRelease(entries, entryOf(sequence, changes));
  return entries;
}

export interface TestLog {
  readonly signer: NoteSigner;
  readonly witness: NoteSigner;
  /** As a key configuration names it. */
  readonly named: { readonly name: string; readonly key: string; readonly witnesses: readonly { name: string; key: string }[] };
}

export async function createTestLog(name = 'releases.example/privexbot'): Promise<TestLog> {
  const signer = await signerOf(name, await createSigningKey());
  const witness = await signerOf('witness.example/w1', await createSigningKey());
  const keyOf = (of: NoteSigner) => ({ name: of.name, key: toBase64url(of.key) });
  return { signer, witness, named: { ...keyOf(signer), witnesses: [keyOf(witness)] } };
}

/** The statement of the last entry, cosigned at `seenAt`. */
export async function stateLast(log: TestLog, entries: LogEntries, seenAt = AT.getTime(), options = {}): Promise<Uint8Array> {
  const signed = await signCheckpoint(entries, log.signer);
  const checkpoint = await cosignCheckpoint({ checkpoint: signed, log: log.signer, witness: log.witness, at: seenAt });
  return encodeReleaseStatement(await stateRelease(entries, entries.length - 1, checkpoint, options));
}

export interface TestEnvironment {
  readonly input: EnvironmentInput;
  readonly options: EnvironmentOptions;
}

export interface EnvironmentContent {
  readonly tee?: Tee;
  readonly log: TestLog;
  readonly entries?: LogEntries;
  /** What was measured at the start. */
  readonly manifest?: LaunchManifest;
  /** What is shown instead. */
  readonly shown?: LaunchManifest;
  readonly isSimulation?: boolean;
  readonly collateral?: CollateralContent;
  readonly identityKey?: Uint8Array;
  readonly keyConfig?: Partial<EnvironmentPeer['keyConfig']>;
  /** Registers that are not the release's. */
  readonly measured?: Uint8Array;
  readonly nonce?: Uint8Array;
}

export async function createTestEnvironment(content: EnvironmentContent): Promise<TestEnvironment> {
  const { tee = 'tdx', log, entries = entriesOf(3), manifest = MANIFEST, shown = manifest, isSimulation = false } = content;
  const { evidence, root } = await machines[tee](encodeLaunchManifest(manifest), content);
  const launchManifest = encodeLaunchManifest(shown);
  return {
    input: {
      evidence: encodeEvidence({ evidence, launchManifest }),
      reportData: REPORT_DATA,
      origin: ORIGIN,
      peer: {
        identityKey: content.identityKey ?? new Uint8Array(32).fill(0x1d),
        keyConfig: {
          environment: 'env_acme',
          origins: [ORIGIN],
          notAfter: AT.getTime() / 1000 + 3600,
          releaseLog: log.named,
          ...content.keyConfig,
        },
        release: await stateLast(log, entries),
        launchManifest: await launchManifestDigest(launchManifest),
        nonce: NONCE,
      },
    },
    options: { at: AT.getTime(), anchors: anchorsFromPem(toPem(root), { isSimulation }), allowSimulated: isSimulation, logs: [] },
  };
}

type Made = Promise<{ evidence: Evidence; root: Uint8Array }>;

const machines: Readonly<Record<Tee, (manifest: Uint8Array, content: EnvironmentContent) => Made>> = {
  async tdx(manifest, { collateral, measured = new Uint8Array(48).fill(0x12) }) {
    const machine = await createDcapMachine(AT);
    const register = (fill: number) => new Uint8Array(48).fill(fill);
    const launched = await replayRegister([await launchManifestDigest(manifest)]);
    const quote = await writeQuote(machine, { reportData: REPORT_DATA, rtmrs: [register(0x10), register(0x11), measured, launched] });
    return { evidence: { tee: 'tdx', quote, collateral: await writeCollateral(machine, collateral) }, root: machine.root };
  },
  async sgx(_, { collateral, measured = new Uint8Array(32).fill(0xee) }) {
    const machine = await createDcapMachine(AT);
    const quote = await writeQuote(machine, { kind: 'enclave', version: 3, reportData: REPORT_DATA, mrEnclave: measured });
    return {
      evidence: { tee: 'sgx', quote, collateral: await writeCollateral(machine, { tee: 'sgx', ...collateral }) },
      root: machine.root,
    };
  },
  async 'sev-snp'(manifest, { measured = new Uint8Array(48).fill(0x3e) }) {
    const machine = await createSnpMachine(AT, 'Genoa');
    const hostData = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(manifest)));
    const evidence = await writeSnpEvidence(machine, { reportData: REPORT_DATA, measurement: measured, hostData });
    return { evidence: { tee: 'sev-snp', ...evidence, crl: await writeSnpCrl(machine, AT) }, root: machine.root };
  },
  async nitro(manifest, { measured = new Uint8Array(48).fill(3), nonce = NONCE }) {
    const machine = await createNitroMachine(AT);
    const launched = await replayRegister([await launchManifestDigest(manifest)]);
    const pcrs = new Map([...[1, 2].map((fill, index) => [index, new Uint8Array(48).fill(fill)] as const), [2, measured], [16, launched]]);
    return {
      evidence: { tee: 'nitro', document: await writeNitroDocument(machine, { at: AT, pcrs, userData: REPORT_DATA, nonce }) },
      root: machine.root,
    };
  },
};
