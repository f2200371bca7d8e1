import type { Check } from '../checks.ts';
import type { Tee } from '../policy.ts';
import type { ReleaseFacts } from '../release/verify-release.ts';
import type { Verdict } from '../verify.ts';
import type { Model } from './launch-manifest.ts';
import type { LimitId } from './limits.ts';

/** What a check of an environment found, for screens and programs: plain JSON. Times are ISO 8601. */
export interface EnvironmentVerdict {
  readonly verdict: Verdict;
  readonly checkedAt: string;
  /** When the first part of what was checked runs out. */
  readonly validUntil?: string;
  /** Absent if the evidence could not be read. */
  readonly tee?: Tee;
  /** The name of the trusted root at which the evidence ends. */
  readonly anchor?: string;
  /** PPID, chip id or module id. */
  readonly machine?: string;
  readonly tcb?: { readonly status: string; readonly date: string; readonly advisories: readonly string[] };
  readonly release?: ReleaseFacts;
  readonly environment: {
    readonly id: string;
    /** base64url: what a pin holds. */
    readonly identityKey: string;
    /** For people: 32 hexadecimal digits of the key's SHA-256, in groups of four. */
    readonly identityFingerprint: string;
    /** Neither pinned nor seen before. */
    readonly isFirstUse: boolean;
  };
  readonly models: readonly Model[];
  /** What the launch manifest states, where it is the measured one: every setting that acts on privacy. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  /** What was not proven: ids of `LIMITS`. */
  readonly limits: readonly LimitId[];
}

/** What a client keeps for an origin between visits: plain JSON. Keep it where nobody else can write. */
export interface Remembered {
  /** base64url. */
  readonly identityKey?: string;
  /** Real hardware was verified here: a simulation is refused from then on. */
  readonly wasVerified?: boolean;
  /** The verifier key of the log that the next three are of, as C2SP signed-note writes it. */
  readonly log?: string;
  /** The highest sequence of a release. */
  readonly sequence?: number;
  readonly logSize?: number;
  /** base64url. */
  readonly logRoot?: string;
  readonly tcbEvaluationNumber?: number;
  /** The digest of the launch manifest, hexadecimal: other settings than at the last visit are a warning. */
  readonly launchManifest?: string;
}
