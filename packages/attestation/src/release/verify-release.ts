import { equalBytes, ParseError, toBase64url, toHex } from '../bytes.ts';
import type { Report } from '../checks.ts';
import type { Remembered } from '../environment/verdict.ts';
import { type Claims, describe, isMeasurement } from '../policy.ts';
import { type Checkpoint, cosignedAt, isSignedBy, parseCheckpoint, type VerifyEd25519 } from './checkpoint.ts';
import { appendLeaf, type Frontier, leafHash, rootOf, verifyInclusion } from './merkle.ts';
import { verifierKey } from './note.ts';
import { decodeReleaseEntry, type ReleaseEntry } from './release-entry.ts';
import { type ReleaseLog, readReleaseLog } from './release-log.ts';
import { decodeReleaseStatement, type ReleaseStatement } from './release-statement.ts';

/** The release that an environment says it runs, for people: to be believed only with the verdict. */
export interface ReleaseFacts {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly date: string;
  /** SHA-256 of the entry, hexadecimal. */
  readonly digest: string;
  readonly sourceUrl: string;
  /** The name of the log that signs it. */
  readonly signer: string;
  /** Who says that this log is the right one: this program, whoever pinned the environment, or the environment itself. */
  readonly signerTrust: SignerTrust;
  readonly logIndex: number;
  readonly logSize: number;
  /** When enough witnesses last saw the log; absent if none is asked for. */
  readonly witnessedAt?: string;
  /** Path of each file that browsers are served, to its SHA-256 in hexadecimal. */
  readonly assets: Readonly<Record<string, string>>;
}

export type SignerTrust = 'built-in' | 'pinned' | 'named';

export interface ReleaseOptions {
  /** Now, in milliseconds since 1970. */
  readonly at: number;
  readonly claims: Claims | undefined;
  readonly builtIn: readonly ReleaseLog[];
  readonly pinned?: ReleaseLog;
  /** `releaseLog` of the key configuration, which the identity key signs. */
  readonly named?: unknown;
  /** Pinned or seen before; otherwise whoever answers names a log of its own. */
  readonly isIdentityKnown: boolean;
  readonly remembered: Remembered;
  readonly verifyEd25519: VerifyEd25519;
}

export interface ReleaseResult {
  readonly facts: ReleaseFacts;
  readonly entry: ReleaseEntry;
  /** What to remember of the log. */
  readonly seen: Required<Pick<Remembered, 'log' | 'sequence' | 'logSize' | 'logRoot'>>;
  /** When the witnesses' word is too old. */
  readonly validUntil?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const WARN_AGE_MS = 7 * DAY_MS;
const MAX_AGE_MS = 30 * DAY_MS;
/** Clocks differ. */
const MAX_AHEAD_MS = 10 * 60 * 1000;

/** Checks `release`, `release-log` and `release-rollback`: docs/release-log.md §6. */
export async function verifyRelease(statement: Uint8Array, options: ReleaseOptions, report: Report): Promise<ReleaseResult | undefined> {
  const read = parse(statement, report);
  if (!read) return undefined;
  const { entry } = read;
  checkMeasurement(entry, options.claims, report);
  const signer = await checkSigner(read, options, report);
  if (!signer) {
    report.add('release-rollback', 'unknown', { explain: 'Without a trusted log nothing says which release is the newer one.' });
    return undefined;
  }
  await checkTree(read, report);
  const witnessedAt = await checkWitnesses(signer.log, read.checkpoint, options, report);
  const key = await verifierKey(signer.log);
  const before = options.remembered.log === key ? options.remembered : {};
  checkTrust(signer, key, options, report);
  await checkHistory(read, before, report);
  checkRollback(read, before, report);
  return {
    entry,
    facts: await factsOf(read, signer, witnessedAt),
    seen: {
      log: key,
      sequence: Math.max(entry.sequence, before.sequence ?? 0),
      logSize: read.checkpoint.size,
      logRoot: toBase64url(read.checkpoint.root),
    },
    ...(witnessedAt === undefined ? {} : { validUntil: witnessedAt + MAX_AGE_MS }),
  };
}

interface Read {
  readonly statement: ReleaseStatement;
  readonly entry: ReleaseEntry;
  readonly checkpoint: Checkpoint;
}

interface Signer {
  readonly log: ReleaseLog;
  readonly trust: SignerTrust;
}

function parse(bytes: Uint8Array, report: Report): Read | undefined {
  try {
    if (bytes.length === 0) throw new ParseError('It names no release.');
    const statement = decodeReleaseStatement(bytes);
    return { statement, entry: decodeReleaseEntry(statement.entry), checkpoint: parseCheckpoint(statement.checkpoint) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('release', 'unknown', { explain: error.message });
    report.add('release-log', 'failed', { explain: error.message });
    report.add('release-rollback', 'unknown', { explain: error.message });
    return undefined;
  }
}

function checkMeasurement({ measurements, name, version }: ReleaseEntry, claims: Claims | undefined, report: Report): void {
  if (!claims) {
    report.add('release', 'unknown', { explain: 'Without measurements nothing says what runs.' });
    return;
  }
  const wanted = measurements.filter(({ tee }) => tee === claims.tee).map(({ registers }) => registers);
  report.expect(
    'release',
    wanted.some((registers) => isMeasurement(registers, claims)),
    {
      expected: wanted.map(describe).join(' or ') || `nothing for ${claims.tee}`,
      actual: describe(claims.registers),
      explain: `What runs is not ${name} ${version} as it was published: it was changed, or built from something else.`,
    },
  );
}

/** The pinned log, else this program's own, else the one that the environment names. */
async function checkSigner({ checkpoint }: Read, options: ReleaseOptions, report: Report): Promise<Signer | undefined> {
  const signer = chooseLog(checkpoint.origin, options, report);
  if (!signer) return undefined;
  if (await isSignedBy(signer.log, checkpoint, options.verifyEd25519)) return signer;
  report.add('release-log', 'failed', {
    expected: signer.log.name,
    actual: checkpoint.origin,
    explain: 'The state of the log is not signed by the key that is trusted for it.',
  });
  return undefined;
}

function chooseLog(origin: string, { pinned, builtIn, named }: ReleaseOptions, report: Report): Signer | undefined {
  if (pinned) return { log: pinned, trust: 'pinned' };
  // Nobody else signs under the name of a log of ours.
  const own = builtIn.find(({ name }) => name === origin);
  if (own) return { log: own, trust: 'built-in' };
  try {
    if (named !== undefined) return { log: readReleaseLog(named), trust: 'named' };
    report.add('release-log', 'failed', { actual: origin, explain: 'The release is signed by a log that nobody vouches for.' });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('release-log', 'failed', { explain: error.message });
  }
  return undefined;
}

async function checkTree({ statement: { entry, index, inclusion }, checkpoint }: Read, report: Report): Promise<void> {
  report.expect('release-log', await verifyInclusion(await leafHash(entry), index, inclusion, checkpoint), {
    explain: 'The release does not stand in the log.',
  });
}

/** @returns when enough witnesses had seen the checkpoint, in milliseconds since 1970 */
async function checkWitnesses(
  { witnesses = [], minWitnesses = Math.min(1, witnesses.length) }: ReleaseLog,
  checkpoint: Checkpoint,
  { at, verifyEd25519 }: ReleaseOptions,
  report: Report,
): Promise<number | undefined> {
  if (minWitnesses === 0) return undefined;
  try {
    const times = await Promise.all(witnesses.map((witness) => cosignedAt(witness, checkpoint, verifyEd25519)));
    const seen = times.filter((time) => time !== undefined && time <= at + MAX_AHEAD_MS).sort((a, b) => Number(b) - Number(a));
    const witnessedAt = seen[minWitnesses - 1];
    if (witnessedAt === undefined) {
      const facts = { expected: `${minWitnesses} witnesses`, actual: `${seen.length}` };
      report.add('release-log', 'failed', { ...facts, explain: 'Too few witnesses have seen this state of the log.' });
      return undefined;
    }
    checkAge(at - witnessedAt, witnessedAt, report);
    return witnessedAt;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('release-log', 'failed', { explain: error.message });
    return undefined;
  }
}

function checkAge(ageMs: number, witnessedAt: number, report: Report): void {
  if (ageMs <= WARN_AGE_MS) return;
  const isTooOld = !(ageMs <= MAX_AGE_MS);
  report.add('release-log', isTooOld ? 'failed' : 'warned', {
    expected: `seen by a witness within ${(isTooOld ? MAX_AGE_MS : WARN_AGE_MS) / DAY_MS} days`,
    actual: new Date(witnessedAt).toISOString(),
    explain: 'No witness has seen the log for long: a newer release, or a warning about this one, may be kept from you.',
  });
}

function checkTrust({ trust }: Signer, key: string, { isIdentityKnown, remembered }: ReleaseOptions, report: Report): void {
  if (trust !== 'named') return;
  if (!isIdentityKnown) {
    report.add('release-log', 'warned', {
      actual: key,
      explain: 'The environment names the log of its releases itself, and nobody vouched for the environment yet.',
    });
  } else if (remembered.log !== undefined && remembered.log !== key) {
    const facts = { expected: remembered.log, actual: key };
    report.add('release-log', 'warned', {
      ...facts,
      explain: 'The environment has moved to another log of releases since the last visit.',
    });
  }
}

/** What was seen before must be a beginning of what is shown now. */
async function checkHistory({ statement: { history }, checkpoint }: Read, before: Remembered, report: Report): Promise<void> {
  const { logSize, logRoot } = before;
  let tree: Frontier = history;
  let rootBefore = tree.size === logSize ? await rootOf(tree) : undefined;
  for (const leaf of history.leaves) {
    tree = await appendLeaf(tree, leaf);
    if (tree.size === logSize) rootBefore = await rootOf(tree);
  }
  report.expect('release-log', tree.size === checkpoint.size && equalBytes(await rootOf(tree), checkpoint.root), {
    explain: 'What the log shows of its growth does not lead to its signed state.',
  });
  if (logSize === undefined || logRoot === undefined || logSize > checkpoint.size) return;
  report.expect('release-log', rootBefore !== undefined && toBase64url(rootBefore) === logRoot, {
    expected: logRoot,
    actual: rootBefore ? toBase64url(rootBefore) : 'not shown',
    explain: 'The log does not continue the one that was seen before: it was rewritten, or shows different people different things.',
  });
}

function checkRollback({ entry, checkpoint }: Read, { sequence = 0, logSize = 0 }: Remembered, report: Report): void {
  report.expect('release-rollback', entry.sequence >= sequence && checkpoint.size >= logSize, {
    expected: `release ${sequence} or later, in a log of ${logSize} or more`,
    actual: `release ${entry.sequence}, in a log of ${checkpoint.size}`,
    explain: 'An older release or an older log is shown than the last time. Old releases may have known faults.',
  });
}

async function factsOf({ statement, entry, checkpoint }: Read, { trust }: Signer, witnessedAt: number | undefined): Promise<ReleaseFacts> {
  const { name, version, sequence, date, sourceUrl, assets } = entry;
  const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(statement.entry))));
  return {
    ...{ name, version, sequence, date, digest, sourceUrl },
    ...{ signer: checkpoint.origin, signerTrust: trust, logIndex: statement.index, logSize: checkpoint.size },
    ...(witnessedAt === undefined ? {} : { witnessedAt: new Date(witnessedAt).toISOString() }),
    assets,
  };
}
