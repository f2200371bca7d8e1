import type { Database } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { type Entry, type Filter, isNarrowed, matches, openEntry } from './entries.ts';
import { namesOf } from './names.ts';
import { type EntryPosition, listEntries } from './store.ts';

interface Query extends Filter {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Rows read at once, and at most per call: actions are sealed, so a filter has to open what it skips. */
const CHUNK = 500;
const MAX_READ = 5_000;

/** A page of the log, newest first, with the names of who acted. A filtered page may be short or empty and still have a next one. */
export async function listAudit(db: Database, { transaction }: OrgScope, { cursor, limit, ...filter }: Query) {
  const chunk = isNarrowed(filter) ? CHUNK : limit + 1;
  const { entries, next } = await transaction(async (tx) => {
    const key = await db.key(tx);
    const found: Entry[] = [];
    let position = cursor === undefined ? undefined : readCursor(cursor);
    for (let read = 0; read < MAX_READ; read += CHUNK) {
      const rows = await listEntries(tx, position, filter, chunk);
      for (const row of rows) {
        if (found.length === limit) return { entries: found, next: position };
        const entry = openEntry(key, row);
        if (matches(entry, filter)) found.push(entry);
        position = row;
      }
      if (rows.length < chunk) return { entries: found, next: undefined };
    }
    return { entries: found, next: position };
  });
  const names = await namesOf(db, transaction, entries);
  const items = entries.map(({ writer, sequence, at, record }) => ({
    writer,
    sequence,
    at: at.toISOString(),
    action: record.action,
    actor: names(record.actor) ?? record.actor,
    actorId: record.actor,
    ...(record.target === undefined ? {} : { target: record.target }),
    facts: record.facts ?? {},
  }));
  return { items, ...(next ? { next: writeCursor(next) } : {}) };
}

function writeCursor({ at, writer, sequence }: EntryPosition): string {
  return Buffer.from(`${at.getTime()} ${writer} ${sequence}`).toString('base64url');
}

function readCursor(cursor: string): EntryPosition {
  const [, at, writer = '', sequence] = /^(\d{1,14}) ([\w-]+) (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!at) throw new AppError('bad_request', { problem: 'cursor: not one of this list', field: 'cursor' });
  return { at: new Date(Number(at)), writer, sequence: Number(sequence) };
}
