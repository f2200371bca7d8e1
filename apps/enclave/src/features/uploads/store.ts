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

/** @throws AppError `not_found` */
export async function requireUpload(tx: Transaction, key: SealingKey, id: UploadId): Promise<UploadRow & UploadContent> {
  const row = await tx.sql.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return { ...row, ...openValue<UploadContent>(key, place(row), row.sealed) };
}

export async function deleteUpload(tx: Transaction, id: UploadId): Promise<void> {
  await tx.sql.deleteFrom('uploads').where('id', '=', id).execute();
}
