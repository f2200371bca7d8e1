import type { DocumentId, KnowledgeBaseId, OrgId, WorkspaceId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import { openValue, type SealingKey, sealValue } from '../../keys/seal.ts';
import type { StoredFile } from '../uploads/index.ts';
import type { Passage } from './reading/passages.ts';

export interface BaseContent {
  readonly name: string;
}

export interface DocumentContent {
  readonly name: string;
  readonly source: 'upload' | 'paste' | 'page';
  readonly mediaType?: string | undefined;
  readonly file: StoredFile;
  /** The version that is being read, or was read last. Becomes `content_version` when its passages are all stored. */
  readonly target: number;
  readonly pages?: number | undefined;
}

export type BaseRow = Omit<Tables['knowledge_bases'], 'sealed'>;
export type DocumentRow = Omit<Tables['documents'], 'sealed'>;
export type Base = BaseRow & { content: BaseContent };
export type DocumentRecord = DocumentRow & { content: DocumentContent };

/** Of an opened passage: what is sealed in its row. */
export type StoredPassage = Omit<Passage, 'ordinal'>;

function basePlace(row: BaseRow) {
  return { table: 'knowledge_bases', realm: row.org_id, id: row.id, version: row.version, clear: [row.workspace_id, row.data_key] };
}

function documentPlace(row: DocumentRow) {
  const clear = [
    row.knowledge_base_id,
    row.user_id,
    hex(row.name_index),
    row.content_index && hex(row.content_index),
    row.state,
    row.failure,
    row.size_bytes,
    row.passages,
    row.content_version,
  ];
  return { table: 'documents', realm: row.org_id, id: row.id, version: row.version, clear };
}

function passagePlace(org: OrgId, document: DocumentId, contentVersion: number, ordinal: number) {
  return { table: 'passages', realm: org, id: `${document}/${ordinal}`, version: contentVersion } as const;
}

/** Where the vectors of a passage of the current version stand. */
export function vectorsPlace(document: DocumentRow, ordinal: number, model: string) {
  const { org_id: realm, id, content_version: version } = document;
  return { table: 'passage_vectors', realm, id: `${id}/${ordinal}/${model}`, version } as const;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export async function insertBase(tx: Transaction, key: SealingKey, row: BaseRow, content: BaseContent): Promise<void> {
  await tx.sql
    .insertInto('knowledge_bases')
    .values({ ...row, sealed: sealValue(key, basePlace(row), content) })
    .execute();
}

export async function updateBase(tx: Transaction, key: SealingKey, base: Base, content: BaseContent): Promise<void> {
  const row = { ...base, version: base.version + 1 };
  await tx.sql
    .updateTable('knowledge_bases')
    .set({ version: row.version, sealed: sealValue(key, basePlace(row), content) })
    .where('id', '=', base.id)
    .execute();
}

export async function listBases(tx: Transaction, key: SealingKey, workspace: WorkspaceId): Promise<Base[]> {
  const rows = await tx.sql.selectFrom('knowledge_bases').selectAll().where('workspace_id', '=', workspace).orderBy('id', 'desc').execute();
  return rows.map((row) => ({ ...row, content: openValue<BaseContent>(key, basePlace(row), row.sealed) }));
}

/** @throws AppError `not_found`, also for a base of another workspace */
export async function requireBase(tx: Transaction, key: SealingKey, id: KnowledgeBaseId, workspace?: WorkspaceId): Promise<Base> {
  const row = await tx.sql.selectFrom('knowledge_bases').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || (workspace && row.workspace_id !== workspace)) throw new AppError('not_found');
  return { ...row, content: openValue<BaseContent>(key, basePlace(row), row.sealed) };
}

/** Waits until nobody else adds documents to the base, or deletes it; others wait until the transaction ends. */
export async function lockBase(tx: Transaction, id: KnowledgeBaseId): Promise<void> {
  await tx.sql.selectFrom('knowledge_bases').select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

export async function deleteBase(tx: Transaction, base: Base): Promise<void> {
  await tx.sql.deleteFrom('knowledge_bases').where('id', '=', base.id).execute();
  await tx.sql.deleteFrom('keystore.keys').where('id', '=', base.data_key).execute();
}

export interface Counts {
  readonly documents: number;
  readonly passages: number;
  readonly embedded: number;
}

/** Counts per knowledge base; bases without documents are left out. */
export async function countDocuments(tx: Transaction, bases: readonly KnowledgeBaseId[]): Promise<Map<KnowledgeBaseId, Counts>> {
  if (bases.length === 0) return new Map();
  const rows = await tx.sql
    .selectFrom('documents')
    .select(({ fn }) => [
      'knowledge_base_id',
      fn.countAll<number>().as('documents'),
      fn.sum<number>('passages').as('passages'),
      fn.sum<number>('embedded').as('embedded'),
    ])
    .where('knowledge_base_id', 'in', bases)
    .groupBy('knowledge_base_id')
    .execute();
  return new Map(rows.map(({ knowledge_base_id, ...counts }) => [knowledge_base_id, counts]));
}

export async function insertDocument(
  tx: Transaction,
  key: SealingKey,
  row: DocumentRow,
  content: DocumentContent,
): Promise<DocumentRecord> {
  await tx.sql
    .insertInto('documents')
    .values({ ...row, sealed: sealValue(key, documentPlace(row), content) })
    .execute();
  return { ...row, content };
}

/** @throws AppError `conflict` if the row was changed since it was read */
export async function updateDocument(
  tx: Transaction,
  key: SealingKey,
  document: DocumentRecord,
  changes: Partial<
    Pick<DocumentRow, 'state' | 'failure' | 'passages' | 'content_version' | 'content_index' | 'size_bytes' | 'user_id' | 'embedded'>
  >,
  content: DocumentContent = document.content,
): Promise<DocumentRecord> {
  const { content: _, ...before } = document;
  const row: DocumentRow = { ...before, ...changes, version: document.version + 1 };
  const { numUpdatedRows } = await tx.sql
    .updateTable('documents')
    .set({ ...changes, version: row.version, sealed: sealValue(key, documentPlace(row), content) })
    .where('id', '=', document.id)
    .where('version', '=', document.version)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new AppError('conflict');
  return { ...row, content };
}

/** Counts vectors; the number is for display only and stays outside the seal. */
export async function countEmbedded(tx: Transaction, id: DocumentId, embedded: number): Promise<void> {
  await tx.sql.updateTable('documents').set({ embedded }).where('id', '=', id).execute();
}

function openDocument(key: SealingKey, row: Tables['documents']): DocumentRecord {
  const { sealed, ...clear } = row;
  return { ...clear, content: openValue<DocumentContent>(key, documentPlace(row), sealed) };
}

export async function findDocument(
  tx: Transaction,
  key: SealingKey,
  base: KnowledgeBaseId,
  id: DocumentId,
  lock?: 'update',
): Promise<DocumentRecord | undefined> {
  const query = tx.sql.selectFrom('documents').selectAll().where('id', '=', id).where('knowledge_base_id', '=', base);
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row && openDocument(key, row);
}

/** The base of a document, for a job that knows only the document's id. */
export async function findBaseOf(tx: Transaction, id: DocumentId): Promise<KnowledgeBaseId | undefined> {
  const row = await tx.sql.selectFrom('documents').select('knowledge_base_id').where('id', '=', id).executeTakeFirst();
  return row?.knowledge_base_id;
}

export async function workspaceOf(tx: Transaction, base: KnowledgeBaseId): Promise<WorkspaceId> {
  return (await tx.sql.selectFrom('knowledge_bases').select('workspace_id').where('id', '=', base).executeTakeFirstOrThrow()).workspace_id;
}

export async function findDocumentByName(
  tx: Transaction,
  key: SealingKey,
  base: KnowledgeBaseId,
  nameIndex: Uint8Array,
): Promise<DocumentRecord | undefined> {
  const row = await tx.sql
    .selectFrom('documents')
    .selectAll()
    .where('knowledge_base_id', '=', base)
    .where('name_index', '=', nameIndex)
    .forUpdate()
    .executeTakeFirst();
  return row && openDocument(key, row);
}

/** Newest first, below `before`. */
export async function listDocuments(
  tx: Transaction,
  key: SealingKey,
  base: KnowledgeBaseId,
  page: { before?: string | undefined; limit: number },
): Promise<DocumentRecord[]> {
  let query = tx.sql.selectFrom('documents').selectAll().where('knowledge_base_id', '=', base).orderBy('id', 'desc').limit(page.limit);
  if (page.before) query = query.where('id', '<', page.before as DocumentId);
  return (await query.execute()).map((row) => openDocument(key, row));
}

export async function deleteDocument(tx: Transaction, id: DocumentId): Promise<void> {
  await tx.sql.deleteFrom('documents').where('id', '=', id).execute();
}

export async function insertPassages(
  tx: Transaction,
  key: SealingKey,
  document: DocumentId,
  contentVersion: number,
  passages: readonly Passage[],
  salt: Uint8Array,
): Promise<void> {
  const rows = passages.map(({ ordinal, ...passage }) => ({
    org_id: tx.realm,
    document_id: document,
    content_version: contentVersion,
    ordinal,
    sealed: sealValue(key, passagePlace(tx.realm, document, contentVersion, ordinal), passage satisfies StoredPassage, salt),
  }));
  await tx.sql.insertInto('passages').values(rows).execute();
}

/** Removes passages and vectors of a document: those of one version, or of all but one. */
export async function deletePassages(tx: Transaction, document: DocumentId, which: { only: number } | { allBut: number }): Promise<void> {
  const [operator, version] = 'only' in which ? (['=', which.only] as const) : (['<>', which.allBut] as const);
  for (const table of ['passages', 'passage_vectors'] as const)
    await tx.sql.deleteFrom(table).where('document_id', '=', document).where('content_version', operator, version).execute();
}

/** Passages of the version that answers, in reading order. @throws SealError if one was changed, swapped or rolled back */
export async function readPassages(
  tx: Transaction,
  key: SealingKey,
  document: DocumentRow,
  range: { from: number; limit: number },
): Promise<Passage[]> {
  const rows = await tx.sql
    .selectFrom('passages')
    .select(['ordinal', 'sealed'])
    .where('document_id', '=', document.id)
    .where('content_version', '=', document.content_version)
    .where('ordinal', '>=', range.from)
    .orderBy('ordinal')
    .limit(range.limit)
    .execute();
  return rows.map((row) => openPassage(key, document, row));
}

/** The named passages of one document. */
export async function readPassagesAt(
  tx: Transaction,
  key: SealingKey,
  document: DocumentRow,
  ordinals: readonly number[],
): Promise<Passage[]> {
  const rows = await tx.sql
    .selectFrom('passages')
    .select(['ordinal', 'sealed'])
    .where('document_id', '=', document.id)
    .where('content_version', '=', document.content_version)
    .where('ordinal', 'in', ordinals)
    .execute();
  return rows.map((row) => openPassage(key, document, row));
}

function openPassage(key: SealingKey, document: DocumentRow, row: { ordinal: number; sealed: Uint8Array }): Passage {
  const place = passagePlace(document.org_id, document.id, document.content_version, row.ordinal);
  return { ordinal: row.ordinal, ...openValue<StoredPassage>(key, place, row.sealed) };
}

/** Stores vectors of a model, in place of those of another. */
export async function insertVectors(
  tx: Transaction,
  document: DocumentRow,
  model: string,
  rows: readonly { ordinal: number; sealed: Uint8Array }[],
): Promise<void> {
  const at = { org_id: tx.realm, document_id: document.id, content_version: document.content_version, model };
  const values = rows.map((row) => ({ ...at, ...row }));
  await tx.sql
    .insertInto('passage_vectors')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(['document_id', 'content_version', 'ordinal'])
        .doUpdateSet(({ ref }) => ({ model: ref('excluded.model'), sealed: ref('excluded.sealed') })),
    )
    .execute();
}

export async function readVectors(
  tx: Transaction,
  document: DocumentRow,
  model: string,
  range: { from: number; limit: number },
): Promise<{ ordinal: number; sealed: Uint8Array }[]> {
  return tx.sql
    .selectFrom('passage_vectors')
    .select(['ordinal', 'sealed'])
    .where('document_id', '=', document.id)
    .where('content_version', '=', document.content_version)
    .where('ordinal', '>=', range.from)
    .where('ordinal', '<', range.from + range.limit)
    .where('model', '=', model)
    .execute();
}

/** Ordinals that have vectors of the model already. */
export async function embeddedOrdinals(tx: Transaction, document: DocumentRow, model: string): Promise<Set<number>> {
  const rows = await tx.sql
    .selectFrom('passage_vectors')
    .select('ordinal')
    .where('document_id', '=', document.id)
    .where('content_version', '=', document.content_version)
    .where('model', '=', model)
    .execute();
  return new Set(rows.map(({ ordinal }) => ordinal));
}
