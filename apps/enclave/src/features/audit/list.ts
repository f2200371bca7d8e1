import type { UserId } from '@privexbot/contract';
import { type AuditRecord, entryPlace } from '../../db/audit-chain.ts';
import type { Database } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { openValue, SealError, type SealingKey } from '../../keys/seal.ts';
import { apiKeyNames } from '../api-keys/index.ts';
import { findPeople } from '../auth/index.ts';
import { type EntryPosition, type EntryRow, listEntries } from './store.ts';

interface Query {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly action?: string | undefined;
}
type Entry = EntryRow & { readonly record: AuditRecord };

/** Rows read at once, and at most per call: actions are sealed, so a filter has to open what it skips. */
const CHUNK = 500;
const MAX_READ = 5_000;

/** A page of the log, newest first, with the names of who acted. A filtered page may be short or empty and still have a next one. */
export async function listAudit(db: Database, { transaction }: OrgScope, { cursor, limit, action }: Query) {
  const matches = ({ record }: Entry) => !action || record.action === action || record.action.startsWith(`${action}.`);
  const { entries, next, keyNames } = await transaction(async (tx) => {
    const key = await db.key(tx);
    const found: Entry[] = [];
    let position = cursor === undefined ? undefined : readCursor(cursor);
    for (let read = 0; read < MAX_READ; read += CHUNK) {
      const rows = await listEntries(tx, position, action ? CHUNK : limit + 1);
      for (const row of rows) {
        if (found.length === limit) return { entries: found, next: position, keyNames: await apiKeyNames(db, tx) };
        const entry = openEntry(key, row);
        if (matches(entry)) found.push(entry);
        position = row;
      }
      if (rows.length < (action ? CHUNK : limit + 1)) return { entries: found, next: undefined, keyNames: await apiKeyNames(db, tx) };
    }
    return { entries: found, next: position, keyNames: await apiKeyNames(db, tx) };
  });
  const people = await findPeople(db, [...new Set(entries.map(({ record }) => record.actor).filter(isUser))]);
  const nameOf = (actor: string): string => {
    const person = isUser(actor) ? people.get(actor) : undefined;
    return person ? (person.email ? `${person.name} (${person.email})` : person.name) : (keyNames.get(actor) ?? actor);
  };
  const items = entries.map(({ writer, sequence, at, record }) => ({
    writer,
    sequence,
    at: at.toISOString(),
    action: record.action,
    actor: nameOf(record.actor),
    ...(record.target === undefined ? {} : { target: record.target }),
    facts: record.facts ?? {},
  }));
  return { items, ...(next ? { next: writeCursor(next) } : {}) };
}

/** An entry that was changed from outside is shown as such, so that it hides no others. */
function openEntry(key: SealingKey, row: EntryRow): Entry {
  try {
    return { ...row, record: openValue<AuditRecord>(key, entryPlace(row.org_id, row.writer, row.sequence), row.sealed) };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { ...row, record: { action: 'refused.integrity_failed', actor: 'system', facts: { table: 'audit_entries' } } };
  }
}

function isUser(actor: string): actor is UserId {
  return actor.startsWith('usr_');
}

function writeCursor({ at, writer, sequence }: EntryPosition): string {
  return Buffer.from(`${at.getTime()} ${writer} ${sequence}`).toString('base64url');
}

function readCursor(cursor: string): EntryPosition {
  const [, at, writer = '', sequence] = /^(\d{1,14}) ([\w-]+) (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!at) throw new AppError('bad_request', { problem: 'cursor: not one of this list', field: 'cursor' });
  return { at: new Date(Number(at)), writer, sequence: Number(sequence) };
}
