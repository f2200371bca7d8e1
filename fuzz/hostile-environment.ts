/** Whole environments: evidence documents, launch manifests, statements of releases, key configurations, and what was remembered. */
import { ParseError } from '../packages/attestation/src/bytes.ts';
import { encodeCanonical } from '../packages/attestation/src/canonical-json.ts';
import { decodeEvidence } from '../packages/attestation/src/environment/evidence-document.ts';
import { decodeLaunchManifest, encodeLaunchManifest } from '../packages/attestation/src/environment/launch-manifest.ts';
import {
  type EnvironmentInput,
  type EnvironmentResult,
  verifyEnvironment,
} from '../packages/attestation/src/environment/verify-environment.ts';
import { parseCheckpoint } from '../packages/attestation/src/release/checkpoint.ts';
import { decodeReleaseEntry, encodeReleaseEntry } from '../packages/attestation/src/release/release-entry.ts';
import { decodeReleaseStatement } from '../packages/attestation/src/release/release-statement.ts';
import {
  createTestEnvironment,
  createTestLog,
  entriesOf,
  entryOf,
  MANIFEST,
  type TestEnvironment,
} from '../packages/attestation/src/testing/environment.ts';
import { flipBit } from '../packages/attestation/src/testing/signed-parts.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateJson, mutateText } from './mutate-text.ts';
import type { Random } from './random.ts';
import { rememberSignatures } from './remembered-signatures.ts';
import type { Target } from './target.ts';

const TEES = ['tdx', 'sgx', 'sev-snp', 'nitro'] as const;

interface Genuine extends TestEnvironment {
  readonly name: string;
  readonly stated: string;
}

export async function hostileEnvironments(): Promise<Target[]> {
  const log = await createTestLog();
  const genuine: Genuine[] = [];
  for (const tee of TEES) {
    const { input, options } = await createTestEnvironment({ tee, log, entries: entriesOf(5) });
    const pinned = { ...options, pins: { identityKey: input.peer.identityKey } };
    await rememberSignatures(async () => {
      const result = await verifyEnvironment(input, pinned);
      if (!result.proof) throw new Error(`The environment of ${tee} is refused as it is: ${JSON.stringify(result.verdict.checks)}`);
      genuine.push({ name: tee, input, options: pinned, stated: statedIn(result) });
    });
  }
  const [first] = genuine;
  if (!first) throw new Error('There is no environment to alter.');
  const { release } = first.input.peer;
  const statement = decodeReleaseStatement(release);
  return [
    ...altered(first, 'statement of the release', release, (bytes, { peer }) => ({ peer: { ...peer, release: bytes } })),
    ...altered(first, 'digest of the launch manifest', first.input.peer.launchManifest, (bytes, { peer }) => ({
      peer: { ...peer, launchManifest: bytes },
    })),
    ...altered(first, 'identity', first.input.peer.identityKey, (bytes, { peer }) => ({ peer: { ...peer, identityKey: bytes } })),
    ...altered(first, 'report data', first.input.reportData, (reportData) => ({ reportData })),
    ...genuine.map((environment) => hostile(environment, genuine)),
    reader(
      'evidence documents',
      (random) => canonicalOr(mutateJson(text(random.pick(genuine).input.evidence), random), random),
      decodeEvidence,
    ),
    reader(
      'launch manifests',
      (random) => canonicalOr(mutateJson(text(encodeLaunchManifest(MANIFEST)), random), random),
      decodeLaunchManifest,
    ),
    reader('statements of releases', (random) => canonicalOr(mutateJson(text(release), random), random), decodeReleaseStatement),
    reader(
      'entries of releases',
      (random) => canonicalOr(mutateJson(text(encodeReleaseEntry(entryOf(1))), random), random),
      decodeReleaseEntry,
    ),
    reader('checkpoints', (random) => mutateText(statement.checkpoint, random), parseCheckpoint),
  ];
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Only canonical JSON is looked at any further. */
function canonicalOr(json: string, random: Random): Uint8Array<ArrayBuffer> {
  if (!random.oneIn(5))
    try {
      return encodeCanonical(JSON.parse(json));
    } catch {
      // Not JSON any more: as it is.
    }
  return new TextEncoder().encode(json);
}

function reader<T>(name: string, make: (random: Random) => T, read: (input: T) => unknown): Target {
  return {
    name: `reader of ${name}`,
    async run(_, random) {
      const input = make(random);
      try {
        read(input);
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
      }
      return undefined;
    },
  };
}

type Put = (altered: Uint8Array, input: EnvironmentInput) => Partial<EnvironmentInput>;

function altered({ input, options }: Genuine, name: string, bytes: Uint8Array, put: Put): Target[] {
  const refused = async (changed: Uint8Array) => {
    const { proof, verdict } = await verifyEnvironment({ ...input, ...put(changed, input) }, options);
    return proof ? `still ${verdict.verdict}` : undefined;
  };
  return [
    { name: `bits of an environment, ${name}`, count: 8 * bytes.length, run: (bit) => refused(flipBit(bytes, bit)) },
    { name: `lengths of an environment, ${name}`, count: bytes.length, run: (length) => refused(bytes.slice(0, length)) },
  ];
}

function hostile({ name, input, options, stated }: Genuine, others: readonly Genuine[]): Target {
  return {
    name: `hostile environments of ${name}`,
    async run(_, random) {
      const { peer } = input;
      const other = random.pick(others).input;
      const odd = () => JSON.parse(mutateJson(random.pick(ODD), random)) as unknown;
      const changes: readonly (() => Partial<EnvironmentInput>)[] = [
        () => ({ evidence: canonicalOr(mutateJson(text(input.evidence), random), random) }),
        () => ({ evidence: random.oneIn(2) ? other.evidence : mutateBytes(input.evidence, random) }),
        () => ({ peer: { ...peer, release: canonicalOr(mutateJson(text(peer.release), random), random) } }),
        () => ({ peer: { ...peer, release: random.oneIn(2) ? other.peer.release : mutateBytes(peer.release, random) } }),
        () => ({ peer: { ...peer, keyConfig: { ...peer.keyConfig, releaseLog: attempt(odd), models: attempt(odd) } } }),
        () => ({
          peer: {
            ...peer,
            keyConfig: {
              ...peer.keyConfig,
              notAfter: random.pick([-1, 0, 2 ** 53 - 1]),
              origins: [random.pick(['', 'null', input.origin])],
            },
          },
        }),
        () => ({ peer: { ...peer, launchManifest: mutateBytes(peer.launchManifest, random), nonce: random.bytes(random.below(64)) } }),
      ];
      const changed = { ...input, ...random.pick(changes)() };
      const remembered = random.oneIn(3)
        ? { sequence: random.below(9), logSize: random.below(9), logRoot: 'A'.repeat(43), tcbEvaluationNumber: random.below(30) }
        : {};
      const result = await verifyEnvironment(changed, { ...options, remembered });
      if (!result.proof)
        return result.verdict.checks.some(({ status }) => status === 'failed' || status === 'unknown')
          ? undefined
          : 'refused without a check that says why';
      return statedIn(result) === stated ? undefined : `accepted with other statements: ${statedIn(result)}`;
    },
  };
}

const ODD = [
  '{"name":"a","key":"b"}',
  '[{"name":"a","sha256":"00"}]',
  '{"name":"a/b","key":"AAAA","witnesses":[{"name":"w","key":""}]}',
  'null',
];

function attempt(make: () => unknown): unknown {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** What a person reads of it and a program relies on. */
function statedIn({ verdict: { tee, machine, release, models } }: EnvironmentResult): string {
  return JSON.stringify([tee, machine, release?.digest, release?.signer, models]);
}
