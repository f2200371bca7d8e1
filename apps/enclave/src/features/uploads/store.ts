import type { UploadId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import { openValue, type SealingKey, sealValue } from '../../keys/seal.ts';

export interface UploadContent {
  readonly name: string;
  readonly mediaType?: string | undefined;
}

export type UploadRow = Omit<Tables['uploads'], 'sealed' | 'version'>;

function place(row: UploadRow) {
  return { table: 'uploads', realm: row.org_id, id: row.id, version: 1, clear: [row.user_id, row.purpose, row.size_bytes, row.data_key] };
}

export async function insertUpload(tx: Transaction, key: SealingKey, row: UploadRow, content: UploadContent): Promise<void> {
  await tx.sql
    .insertInto('uploads')
    .values({ ...row, version: 1, sealed: sealValue(key, place(row), content) })
    .execute();
}

/**
 * @param lock `share` while a part is written, `update` by whoever takes the upload away: one waits for the other
 * @throws AppError `not_found`
 */
export async function requireUpload(
  tx: Transaction,
  key: SealingKey,
  id: UploadId,
  lock?: 'share' | 'update',
): Promise<UploadRow & UploadContent> {
  const query = tx.sql.selectFrom('uploads').selectAll().where('id', '=', id);
  const locked = { share: query.forShare(), update: query.forUpdate(), none: query }[lock ?? 'none'];
  const row = await locked.executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return { ...row, ...openValue<UploadContent>(key, place(row), row.sealed) };
}

export async function deleteUpload(tx: Transaction, id: UploadId): Promise<void> {
  await tx.sql.deleteFrom('uploads').where('id', '=', id).execute();
}

/** Deletes the uploads that were started before a time. */
export function deleteUploadsBefore(tx: Transaction, time: Date): Promise<Pick<UploadRow, 'id' | 'data_key'>[]> {
  return tx.sql.deleteFrom('uploads').where('org_id', '=', tx.realm).where('created_at', '<', time).returning(['id', 'data_key']).execute();
}
