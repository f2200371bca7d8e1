import { type Id, LIMITS, type UploadId, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { deleteUpload, insertUpload, requireUpload, type UploadContent, type UploadRow } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'now' | 'newId'>;

/** A stored file: which blob, under which key, in how many parts. */
export interface StoredFile {
  readonly blob: UploadId;
  readonly dataKey: Id<'dataKey'>;
  readonly parts: number;
  readonly sizeBytes: number;
}

const LARGEST = { document: LIMITS.documentBytes, model: LIMITS.modelFileBytes } as const;

interface Announced extends UploadContent {
  readonly sizeBytes: number;
  readonly purpose: UploadRow['purpose'];
}

export async function startUpload(ports: Ports, scope: OrgScope, file: Announced) {
  if (file.sizeBytes > LARGEST[file.purpose]) throw new AppError('too_large', { limit: `${LARGEST[file.purpose] / 1024 / 1024} MiB` });
  const row = newRow(ports, scope, file);
  await scope.transaction(async (tx) => {
    await insertFile(ports, tx, row, file);
    tx.audit('upload.started', row.id, { sizeBytes: file.sizeBytes });
  });
  return describe(row, []);
}

/** Stores bytes that did not come by upload, such as a pasted text or a fetched page, the same way. */
export async function storeBytes(ports: Ports, tx: Transaction, user: UserId, bytes: Uint8Array): Promise<StoredFile> {
  const row = newRow(ports, { org: tx.realm, user }, { sizeBytes: bytes.length, purpose: 'document' });
  const key = await ports.keyring.createDataKey(tx.keys, tx.realm, row.data_key);
  const parts = partCount(bytes.length);
  for (let part = 0; part < parts; part++)
    await ports.blobs.putPart(
      { org: tx.realm, id: row.id, key },
      part,
      bytes.subarray(part * LIMITS.uploadPartBytes, (part + 1) * LIMITS.uploadPartBytes),
    );
  return { blob: row.id, dataKey: row.data_key, parts, sizeBytes: bytes.length };
}

export async function findUpload(ports: Ports, scope: OrgScope, id: UploadId) {
  const row = await scope.transaction((tx) => requireOwn(ports, tx, scope.user, id));
  return describe(row, await ports.blobs.parts({ org: scope.org, id }));
}

export async function putPart(ports: Ports, scope: OrgScope, id: UploadId, part: number, body: ReadableStream<Uint8Array>): Promise<void> {
  const { row, key } = await scope.transaction(async (tx) => {
    const found = await requireOwn(ports, tx, scope.user, id);
    return { row: found, key: await ports.keyring.data(tx.keys, scope.org, found.data_key) };
  });
  const expected = part < partCount(row.size_bytes) ? Math.min(LIMITS.uploadPartBytes, row.size_bytes - part * LIMITS.uploadPartBytes) : -1;
  const bytes = await readAll(body, LIMITS.uploadPartBytes);
  if (bytes.length !== expected) throw new AppError('part_mismatch');
  await ports.blobs.putPart({ org: scope.org, id, key }, part, bytes);
}

export async function cancelUpload(ports: Ports, scope: OrgScope, id: UploadId): Promise<void> {
  await scope.transaction(async (tx) => {
    await requireOwn(ports, tx, scope.user, id);
    await deleteUpload(tx, id);
    tx.audit('upload.cancelled', id);
  });
  await ports.blobs.remove({ org: scope.org, id });
}

/**
 * Hands a finished upload over to the feature that keeps it, within that feature's transaction.
 * @throws AppError `upload_incomplete` while parts are missing; `not_found` for another person's upload
 */
export async function takeUpload(
  ports: Ports,
  tx: Transaction,
  user: UserId,
  id: UploadId,
  purpose: UploadRow['purpose'],
): Promise<StoredFile & UploadContent> {
  const row = await requireOwn(ports, tx, user, id);
  if (row.purpose !== purpose) throw new AppError('not_found');
  const parts = partCount(row.size_bytes);
  const received = await ports.blobs.parts({ org: tx.realm, id });
  if (received.length !== parts) throw new AppError('upload_incomplete');
  await deleteUpload(tx, id);
  return { blob: id, dataKey: row.data_key, parts, sizeBytes: row.size_bytes, name: row.name, mediaType: row.mediaType };
}

/** The bytes of a stored file, in order. The transaction is needed only until this resolves. */
export async function openStoredFile(
  ports: Pick<Ports, 'keyring' | 'blobs'>,
  tx: Transaction,
  file: StoredFile,
): Promise<AsyncGenerator<Uint8Array>> {
  const key = await ports.keyring.data(tx.keys, tx.realm, file.dataKey);
  return ports.blobs.read({ org: tx.realm, id: file.blob, key }, file.parts);
}

/** Removes a stored file; its key is destroyed first, so that a copy of the blob stays closed. */
export async function removeStoredFile(ports: Pick<Ports, 'keyring' | 'blobs'>, tx: Transaction, file: StoredFile): Promise<void> {
  await tx.sql.deleteFrom('keystore.keys').where('id', '=', file.dataKey).execute();
  tx.onEnd((committed) => {
    if (!committed) return;
    ports.keyring.forget(file.dataKey);
    void ports.blobs.remove({ org: tx.realm, id: file.blob });
  });
}

function newRow(
  { now, newId }: Ports,
  { org, user }: Pick<OrgScope, 'org' | 'user'>,
  { sizeBytes, purpose }: Pick<Announced, 'sizeBytes' | 'purpose'>,
): UploadRow {
  return { id: newId('upload'), org_id: org, user_id: user, purpose, size_bytes: sizeBytes, data_key: newId('dataKey'), created_at: now() };
}

async function insertFile(ports: Ports, tx: Transaction, row: UploadRow, { name, mediaType }: UploadContent): Promise<void> {
  await ports.keyring.createDataKey(tx.keys, tx.realm, row.data_key);
  await insertUpload(tx, await ports.db.key(tx), row, { name, mediaType });
}

async function requireOwn(ports: Ports, tx: Transaction, user: UserId, id: UploadId) {
  const row = await requireUpload(tx, await ports.db.key(tx), id);
  if (row.user_id !== user) throw new AppError('not_found');
  return row;
}

function partCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / LIMITS.uploadPartBytes);
}

function describe(row: UploadRow, received: number[]) {
  const { uploadPartBytes: partBytes } = LIMITS;
  return { id: row.id, sizeBytes: row.size_bytes, partBytes, received, complete: received.length === partCount(row.size_bytes) };
}

async function readAll(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new AppError('too_large', { limit: `${maxBytes / 1024 / 1024} MiB` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
