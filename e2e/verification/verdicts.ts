// Verdicts of every kind, as the verifier words them, for screens that must be seen in states that no test server is in.
import { CHECKS, type Check, type CheckId, type EnvironmentVerdict, type LimitId } from '@privexbot/attestation';

const HOUR = 3_600_000;
const IDENTITY_KEY = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';

const OF_TDX: readonly CheckId[] = [
  'parse',
  'chain',
  'crl',
  'signature',
  'qe-report',
  'qe-identity',
  'tcb-info',
  'tcb-status',
  'debug',
  'migration',
  'attributes',
  'report-data',
  'event-log',
  'identity',
  'origin',
  'release',
  'release-log',
  'release-rollback',
  'launch-manifest',
  'model',
];

const ALWAYS: readonly LimitId[] = ['side-channels', 'physical', 'code', 'availability', 'metadata'];

/** A verdict in which the given checks went otherwise than well. */
export function makeVerdict(
  verdict: EnvironmentVerdict['verdict'],
  others: Partial<Record<CheckId, Omit<Check, 'id' | 'title'>>> = {},
): EnvironmentVerdict {
  const ids = [...new Set([...OF_TDX, ...(Object.keys(others) as CheckId[])])];
  const isSimulated = verdict === 'simulated';
  return {
    verdict,
    checkedAt: new Date().toISOString(),
    validUntil: new Date(Date.now() + HOUR).toISOString(),
    tee: 'tdx',
    anchor: isSimulated ? 'INSECURE SIMULATION root' : 'Intel SGX Root CA',
    machine: 'a1b2c3d4e5f60718',
    tcb: { status: 'UpToDate', date: '2026-11-12T00:00:00.000Z', advisories: [] },
    release: {
      name: 'privexbot',
      version: '1.8.2',
      sequence: 12,
      date: '2026-11-12T00:00:00.000Z',
      digest: 'c0ffee'.repeat(10),
      sourceUrl: 'https://git.example/privexbot',
      signer: 'releases.example',
      signerTrust: 'pinned',
      logIndex: 11,
      logSize: 12,
      assets: {},
    },
    environment: {
      id: 'env_example',
      identityKey: IDENTITY_KEY,
      identityFingerprint: 'a1b2 c3d4 e5f6 0718 293a 4b5c 6d7e 8f90',
      isFirstUse: others.identity?.status === 'warned',
    },
    models: [{ name: 'sentence-embeddings', sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }],
    checks: ids.map((id) => ({ id, title: CHECKS[id], status: 'passed' as const, ...others[id] })),
    limits: [...ALWAYS, ...(isSimulated ? (['simulated'] as const) : [])],
  };
}

export const FIRST_USE = { identity: { status: 'warned', actual: 'a1b2 c3d4 e5f6 0718 293a 4b5c 6d7e 8f90' } } as const;
