/** Drops entries that are older than their organization keeps them, so that what is left can still be checked: a signed checkpoint says what went. */
import type { OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { type AuditRecord, type ChainEnd, type Dropped, digest, entryLink, entryMac, entryPlace } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError, describeRecord } from '../../errors.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { openValue } from '../../keys/seal.ts';
import { findSettings } from './settings.ts';
import {
  deleteChainUpTo,
  deleteCheckpointsBefore,
  hasEntriesBefore,
  hasRecentCheckpointOf,
  listChain,
  listSettled,
  listWriters,
} from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'now' | 'log'>;

const DAY_MS = 24 * 60 * 60_000;
/** Entries that one transaction drops: nobody signs meanwhile. */
const AT_ONCE = 2_000;
/** More ends than so many in a statement are looked through for those of processes long gone. */
const MANY_ENDS = 200;

/** Drops what is too old in every organization that does not keep all. */
export async function sweepRetention(ports: Ports): Promise<void> {
  const { db, log } = ports;
  const orgs = await db.transaction('environment', 'system', listSettled);
  for (const org of orgs) await dropOld(ports, org).catch((err: unknown) => log.warn({ org, err }, 'old audit entries were not dropped'));
}

/** @returns how many entries went */
export async function dropOld(ports: Ports, org: OrgId): Promise<number> {
  const { db, now } = ports;
  let gone = 0;
  for (;;) {
    const cutoff = await db.transaction(org, 'system', async (tx) => {
      const { retentionDays } = await findSettings(db, tx);
      const before = retentionDays && new Date(now().getTime() - retentionDays * DAY_MS);
      return before && (await hasEntriesBefore(tx, before)) ? before : undefined;
    });
    if (!cutoff) return gone;
    const round = await dropRound(ports, org, cutoff);
    gone += round;
    // Entries out of order of time stay until those before them are old enough.
    if (round === 0) return gone;
  }
}

async function dropRound(ports: Ports, org: OrgId, cutoff: Date): Promise<number> {
  const { db } = ports;
  let gone = 0;
  await db.dropEntries(org, async (tx) => {
    const before = await db.chains.findDropped(tx.sql, org);
    const ends = new Map((before?.ends ?? []).map((end) => [end[0], end]));
    gone = 0;
    for (const writer of await listWriters(tx)) {
      const end = await dropChain(ports, tx, writer, ends.get(writer), cutoff, AT_ONCE - gone);
      if (!end) continue;
      gone += end[1] - (ends.get(writer)?.[1] ?? 0);
      ends.set(writer, end);
      if (gone >= AT_ONCE) break;
    }
    if (gone === 0) return undefined;
    const last = gone < AT_ONCE ? await deleteCheckpointsBefore(tx, cutoff) : undefined;
    const checkpoint = last ? { id: last.id, digest: digest(last.signature) } : before?.checkpoint;
    const entries = (before?.entries ?? 0) + gone;
    tx.audit('audit.dropped', undefined, { entries: gone, before: cutoff.toISOString() });
    return {
      before: cutoff.toISOString(),
      entries,
      ...(checkpoint ? { checkpoint } : {}),
      ends: await stillNamed(tx, [...ends.values()]),
    } satisfies Dropped;
  });
  return gone;
}

/**
 * Drops the oldest entries of a chain. Each is checked first: what was changed from outside must not vanish as if it were merely old.
 * @returns the last one that went
 */
async function dropChain(
  { db, keyring }: Ports,
  tx: Transaction,
  writer: string,
  begin: ChainEnd | undefined,
  cutoff: Date,
  limit: number,
): Promise<ChainEnd | undefined> {
  const key = await db.key(tx);
  let sequence = begin?.[1] ?? 0;
  let mac: Uint8Array | undefined = begin && Buffer.from(begin[2], 'hex');
  let link: Uint8Array | undefined = begin?.[3] === undefined ? undefined : Buffer.from(begin[3], 'hex');
  const rows = await listChain(tx, writer, sequence, limit);
  const old = rows.slice(0, rows.findIndex(({ at }) => at >= cutoff) < 0 ? rows.length : rows.findIndex(({ at }) => at >= cutoff));
  for (const row of old) {
    const isNext = row.sequence === sequence + 1 && equalBytes(entryMac(keyring.mac('audit'), mac, row), row.mac);
    if (!isNext) throw new AppError('integrity_failed', describeRecord({ table: 'audit_entries', realm: tx.realm, id: writer }));
    const record = openValue<AuditRecord>(key, entryPlace(row.org_id, row.writer, row.sequence), row.sealed);
    link = entryLink(keyring.mac('audit salt'), link, row, record);
    ({ sequence, mac } = row);
  }
  if (old.length === 0 || !mac || !link) return undefined;
  await deleteChainUpTo(tx, writer, sequence);
  return [writer, sequence, toHex(mac), toHex(link)];
}

/** Without the ends that no checkpoint names any more: of chains that are gone, by processes that signed nothing since. */
async function stillNamed(tx: Transaction, ends: ChainEnd[]): Promise<ChainEnd[]> {
  if (ends.length <= MANY_ENDS) return ends;
  const there = new Set(await listWriters(tx));
  const kept: ChainEnd[] = [];
  for (const end of ends) {
    const [process = ''] = end[0].split('-');
    if (there.has(end[0]) || (await hasRecentCheckpointOf(tx, process))) kept.push(end);
  }
  return kept;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
