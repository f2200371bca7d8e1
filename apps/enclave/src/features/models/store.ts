import type { ModelId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import { openValue, type SealingKey, sealValue } from '../../keys/seal.ts';
import type { StoredFile } from '../uploads/index.ts';

interface Common {
  readonly name: string;
  readonly contextTokens: number;
}

export type ModelContent =
  | (Common & { readonly provider: 'openai-compatible'; readonly url: string; readonly key?: string | undefined; readonly model: string })
  | (Common & { readonly provider: 'llama'; readonly file: StoredFile; readonly sha256: string; readonly threads?: number | undefined });

type ModelRow = Omit<Tables['models'], 'sealed'>;
export type ModelRecord = ModelRow & { readonly content: ModelContent };

function place(row: ModelRow) {
  return { table: 'models', realm: row.org_id, id: row.id, version: row.version };
}

export async function insertModel(tx: Transaction, key: SealingKey, row: ModelRow, content: ModelContent): Promise<ModelRecord> {
  await tx.sql
    .insertInto('models')
    .values({ ...row, sealed: sealValue(key, place(row), content) })
    .execute();
  return { ...row, content };
}

export async function updateModel(tx: Transaction, key: SealingKey, record: ModelRecord, content: ModelContent): Promise<ModelRecord> {
  const row: ModelRow = { id: record.id, org_id: record.org_id, created_at: record.created_at, version: record.version + 1 };
  await tx.sql
    .updateTable('models')
    .set({ version: row.version, sealed: sealValue(key, place(row), content) })
    .where('id', '=', row.id)
    .execute();
  return { ...row, content };
}

export async function listModels(tx: Transaction, key: SealingKey): Promise<ModelRecord[]> {
  const rows = await tx.sql.selectFrom('models').selectAll().where('org_id', '=', tx.realm).orderBy('id').execute();
  return rows.map(({ sealed, ...row }) => ({ ...row, content: openValue<ModelContent>(key, place(row), sealed) }));
}

export async function findModel(
  tx: Transaction,
  key: SealingKey,
  id: ModelId,
  lock?: 'share' | 'update',
): Promise<ModelRecord | undefined> {
  const query = tx.sql.selectFrom('models').selectAll().where('id', '=', id);
  const row = await { share: query.forShare(), update: query.forUpdate(), none: query }[lock ?? 'none'].executeTakeFirst();
  if (!row) return undefined;
  const { sealed, ...clear } = row;
  return { ...clear, content: openValue<ModelContent>(key, place(clear), sealed) };
}

/** Tells whether what was read before is still the latest. */
export async function findModelVersion(tx: Transaction, id: ModelId): Promise<number | undefined> {
  return (await tx.sql.selectFrom('models').select('version').where('id', '=', id).executeTakeFirst())?.version;
}

/** To change it: nobody else does until the transaction ends. @throws AppError `not_found` */
export async function requireModel(tx: Transaction, key: SealingKey, id: ModelId): Promise<ModelRecord> {
  const found = await findModel(tx, key, id, 'update');
  if (!found) throw new AppError('not_found');
  return found;
}

export async function deleteModel(tx: Transaction, id: ModelId): Promise<void> {
  await tx.sql.deleteFrom('models').where('id', '=', id).execute();
}
