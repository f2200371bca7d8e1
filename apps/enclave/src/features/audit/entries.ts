import { type AuditRecord, entryPlace } from '../../db/audit-chain.ts';
import { openValue, SealError, type SealingKey } from '../../keys/seal.ts';
import type { EntryRow } from './store.ts';

export type Entry = EntryRow & { readonly record: AuditRecord };

/** What narrows the log; everything that is given has to fit. */
export interface Filter {
  /** An action, or the domain of several. */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** An entry that was changed from outside is shown as such, so that it hides no others. */
export function openEntry(key: SealingKey, row: EntryRow): Entry {
  try {
    return { ...row, record: openValue<AuditRecord>(key, entryPlace(row.org_id, row.writer, row.sequence), row.sealed) };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { ...row, record: { action: 'refused.integrity_failed', actor: 'system', facts: { table: 'audit_entries' } } };
  }
}

export function matches({ at, record }: Entry, { action, actor, target, from, to }: Filter): boolean {
  if (action && record.action !== action && !record.action.startsWith(`${action}.`)) return false;
  if (actor && record.actor !== actor) return false;
  if (target && record.target !== target) return false;
  return (!from || at.getTime() >= Date.parse(from)) && (!to || at.getTime() < Date.parse(to));
}

/** Whether anything is filtered by what is sealed, and so has to be opened first. */
export function isNarrowed({ action, actor, target }: Filter): boolean {
  return Boolean(action || actor || target);
}
