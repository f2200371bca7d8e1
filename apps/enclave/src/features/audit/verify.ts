import { createPublicKey, type KeyObject } from 'node:crypto';
import { type ChainEnd, type Dropped, digest, entryMac, isSigned, readChains } from '../../db/audit-chain.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { listChains, listCheckpoints } from './store.ts';

export interface Problem {
  /** Writer of the chain, or `checkpoint`. */
  readonly writer: string;
  /** Number of the entry in its chain, or of the checkpoint from the oldest, from 1. */
  readonly sequence: number;
  readonly what: string;
}

interface Report {
  readonly entries: number;
  readonly writers: number;
  readonly checkpoints: number;
  readonly dropped?: Pick<Dropped, 'entries' | 'before'>;
  readonly problem?: Problem;
}

/** The MAC that an entry must have, by writer and sequence. */
type Expected = Map<string, Map<number, string>>;

const CHUNK = 2_000;

/**
 * Recomputes every chain and every signature of the organization's log. What is found: entries changed, moved, inserted,
 * removed from the middle, or missing below a checkpoint or below what this process wrote; checkpoints changed or removed.
 * What was dropped by age is taken from the signed statement that says so.
 * Not found: chains and checkpoints of earlier processes removed together from the end.
 */
export async function verifyAudit({ chains, keyring }: Database, tx: Transaction): Promise<Report> {
  const dropped = await chains.findDropped(tx.sql, tx.realm);
  // First what must be there, then what is: entries that arrive in between are new.
  const expected: Expected = new Map();
  for (const end of chains.ends(tx.realm)) expect(expected, end);
  const lastKnown = chains.lastCheckpoint(tx.realm);
  const checkpoints = await verifyCheckpoints(tx, createPublicKey(keyring.signingKey('audit')), dropped, lastKnown, expected);
  const entries = await verifyChains(tx, keyring.mac('audit'), dropped, expected);
  const problem = checkpoints.problem ?? entries.problem;
  return {
    ...entries,
    checkpoints: checkpoints.count,
    ...(dropped ? { dropped: { entries: dropped.entries, before: dropped.before } } : {}),
    ...(problem ? { problem } : {}),
  };
}

async function verifyCheckpoints(
  tx: Transaction,
  key: KeyObject,
  dropped: Dropped | undefined,
  lastKnown: { readonly id: string; readonly digest: string } | undefined,
  expected: Expected,
): Promise<{ count: number; problem?: Problem }> {
  let count = 0;
  let previous = dropped?.checkpoint?.digest ?? '';
  let after = '';
  let isLastKnownMet = lastKnown === undefined || lastKnown.id <= (dropped?.checkpoint?.id ?? '');
  const bad = (what: string) => ({ count, problem: { writer: 'checkpoint', sequence: count, what } });
  for (let rows = await listCheckpoints(tx, after, CHUNK); rows.length > 0; rows = await listCheckpoints(tx, after, CHUNK))
    for (const row of rows) {
      count++;
      after = row.id;
      if (!isSigned(key, row)) return bad('the signature is wrong');
      const { previous: named, ends } = readChains(row);
      if (named !== previous) return bad('the checkpoint before it is missing');
      previous = digest(row.signature);
      isLastKnownMet ||= previous === lastKnown?.digest;
      for (const end of ends) expect(expected, end);
    }
  return isLastKnownMet ? { count } : bad('the checkpoints after it are missing');
}

async function verifyChains(
  tx: Transaction,
  macKey: KeyObject,
  dropped: Dropped | undefined,
  expected: Expected,
): Promise<Omit<Report, 'checkpoints' | 'dropped'>> {
  const begins = new Map((dropped?.ends ?? []).map(([writer, sequence, mac]) => [writer, { sequence, mac }]));
  let entries = 0;
  let writers = 0;
  let last: { writer: string; sequence: number; mac?: Uint8Array } = { writer: '', sequence: 0 };
  const report = (writer: string, sequence: number, what: string) => ({ entries, writers, problem: { writer, sequence, what } });
  for (let rows = await listChains(tx, last, CHUNK); rows.length > 0; rows = await listChains(tx, last, CHUNK))
    for (const row of rows) {
      if (row.writer !== last.writer) {
        writers++;
        const begin = begins.get(row.writer);
        last = { writer: row.writer, sequence: begin?.sequence ?? 0, ...(begin ? { mac: Buffer.from(begin.mac, 'hex') } : {}) };
      }
      entries++;
      if (row.sequence !== last.sequence + 1) return report(row.writer, last.sequence + 1, 'the entry is missing');
      if (!equalBytes(entryMac(macKey, last.mac, row), row.mac))
        return report(row.writer, row.sequence, 'the entry is not the one that was written here');
      const mac = expected.get(row.writer)?.get(row.sequence);
      if (mac !== undefined && mac !== toHex(row.mac)) return report(row.writer, row.sequence, 'the entry differs from its checkpoint');
      expected.get(row.writer)?.delete(row.sequence);
      last = row;
    }
  for (const [writer, ends] of expected)
    for (const [sequence, mac] of ends) {
      const begin = begins.get(writer);
      const isDropped = begin && (sequence < begin.sequence || (sequence === begin.sequence && mac === begin.mac));
      if (!isDropped) return report(writer, sequence, 'the end of the chain is missing');
    }
  return { entries, writers };
}

function expect(expected: Expected, [writer, sequence, mac]: ChainEnd): void {
  const ends = expected.get(writer) ?? new Map<number, string>();
  expected.set(writer, ends.set(sequence, mac));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
