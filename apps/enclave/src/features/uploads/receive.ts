import { type Id, LIMITS, type OrgId, PERMISSIONS, type UploadId, type UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { deleteUpload, deleteUploadsBefore, insertUpload, requireUpload, type UploadContent, type UploadRow } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'now' | 'newId'>;

/** A stored file: which blob, under which key, in how many parts. */
export interface StoredFile {
  readonly blob: UploadId;
  readonly dataKey: Id<'dataKey'>;
  readonly parts: number;
  readonly sizeBytes: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** An upload that nobody finished by then is thrown away with the next one that starts. */
const ABANDONED_AFTER_MS = 7 * DAY_MS;
const LARGEST = { document: LIMITS.documentBytes, model: LIMITS.modelFileBytes } as const;

interface Announced extends UploadContent {
  readonly sizeBytes: number;
  readonly purpose: UploadRow['purpose'];
}

export async function startUpload(ports: Ports, scope: OrgScope, file: Announced) {
  if (file.purpose === 'model' && !scope.can('models.edit'))
    throw new AppError('not_allowed', { allows: PERMISSIONS['models.edit'].allows });
  if (file.sizeBytes > LARGEST[file.purpose]) throw new AppError('too_large', { limit: `${LARGEST[file.purpose] / 1024 / 1024} MiB` });
  const row: UploadRow = {
    id: ports.newId('upload'),
    org_id: scope.org,
    user_id: scope.user,
    purpose: file.purpose,
    size_bytes: file.sizeBytes,
    data_key: ports.newId('dataKey'),
    created_at: ports.now(),
  };
  await scope.transaction(async (tx) => {
    const abandoned = await deleteUploadsBefore(tx, new Date(ports.now().getTime() - ABANDONED_AFTER_MS));
    for (const { id, data_key } of abandoned) await removeStoredFile(ports, tx, { blob: id, dataKey: data_key });
    await ports.keyring.createDataKey(tx.keys, tx.realm, row.data_key);
    await insertUpload(tx, await ports.db.key(tx), row, { name: file.name, mediaType: file.mediaType });
    tx.audit('upload.started', row.id, { sizeBytes: file.sizeBytes });
  });
  return describe(row, []);
}

/** Stores bytes that did not come by upload, such as a pasted text or a fetched page, the same way. */
export async function storeBytes(ports: Ports, tx: Transaction, bytes: Uint8Array): Promise<StoredFile> {
  const parts = partCount(bytes.length);
  const file = { blob: ports.newId('upload'), dataKey: ports.newId('dataKey'), parts, sizeBytes: bytes.length };
  const key = await ports.keyring.createDataKey(tx.keys, tx.realm, file.dataKey);
  tx.onEnd((committed) => committed || dropBlob(ports, tx.realm, file));
  for (let part = 0; part < parts; part++)
    await ports.blobs.putPart(
      { org: tx.realm, id: file.blob, key },
      part,
      bytes.subarray(part * LIMITS.uploadPartBytes, (part + 1) * LIMITS.uploadPartBytes),
    );
  return file;
}

export async function findUpload(ports: Ports, scope: OrgScope, id: UploadId) {
  const row = await scope.transaction((tx) => requireOwn(ports, tx, scope.user, id));
  return describe(row, await ports.blobs.parts({ org: scope.org, id }));
}

export async function putPart(ports: Ports, scope: OrgScope, id: UploadId, part: number, body: ReadableStream<Uint8Array>): Promise<void> {
  const bytes = await readAll(body, LIMITS.uploadPartBytes);
  await scope.transaction(async (tx) => {
    const { size_bytes, data_key } = await requireOwn(ports, tx, scope.user, id, 'share');
    const expected = part < partCount(size_bytes) ? Math.min(LIMITS.uploadPartBytes, size_bytes - part * LIMITS.uploadPartBytes) : -1;
    if (bytes.length !== expected) throw new AppError('part_mismatch');
    const key = await ports.keyring.data(tx.keys, scope.org, data_key);
    // Within the transaction, so that nothing is written to a file that was taken or thrown away.
    await ports.blobs.putPart({ org: scope.org, id, key }, part, bytes);
  });
}

export async function cancelUpload(ports: Ports, scope: OrgScope, id: UploadId): Promise<void> {
  await scope.transaction(async (tx) => {
    const { data_key } = await requireOwn(ports, tx, scope.user, id, 'update');
    await deleteUpload(tx, id);
    await removeStoredFile(ports, tx, { blob: id, dataKey: data_key });
    tx.audit('upload.cancelled', id);
  });
}

/**
 * A finished upload and its bytes, to look at before it is taken. The transaction is needed only until this resolves.
 * @throws AppError `upload_incomplete` while parts are missing; `not_found` for another person's upload
 */
export async function openUpload(ports: Ports, tx: Transaction, user: UserId, id: UploadId, purpose: UploadRow['purpose']) {
  const upload = await requireFinished(ports, tx, user, id, purpose);
  return { ...upload, bytes: await openStoredFile(ports, tx, upload) };
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
  const upload = await requireFinished(ports, tx, user, id, purpose, 'update');
  await deleteUpload(tx, id);
  return upload;
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
export async function removeStoredFile(ports: Pick<Ports, 'keyring' | 'blobs'>, tx: Transaction, file: Stored): Promise<void> {
  await tx.sql.deleteFrom('keystore.keys').where('id', '=', file.dataKey).execute();
  tx.onEnd((committed) => committed && dropBlob(ports, tx.realm, file));
}

type Stored = Pick<StoredFile, 'blob' | 'dataKey'>;

/** Of a file whose key is gone. What cannot be removed now is unreadable all the same. */
function dropBlob({ keyring, blobs }: Pick<Ports, 'keyring' | 'blobs'>, org: OrgId, { blob, dataKey }: Stored): void {
  keyring.forget(dataKey);
  blobs.remove({ org, id: blob }).catch(() => undefined);
}

async function requireOwn(ports: Ports, tx: Transaction, user: UserId, id: UploadId, lock?: 'share' | 'update') {
  const row = await requireUpload(tx, await ports.db.key(tx), id, lock);
  if (row.user_id !== user) throw new AppError('not_found');
  return row;
}

async function requireFinished(
  ports: Ports,
  tx: Transaction,
  user: UserId,
  id: UploadId,
  purpose: UploadRow['purpose'],
  lock?: 'update',
): Promise<StoredFile & UploadContent> {
  const row = await requireOwn(ports, tx, user, id, lock);
  if (row.purpose !== purpose) throw new AppError('not_found');
  const parts = partCount(row.size_bytes);
  const received = await ports.blobs.parts({ org: tx.realm, id });
  if (received.length !== parts) throw new AppError('upload_incomplete');
  return { blob: id, dataKey: row.data_key, parts, sizeBytes: row.size_bytes, name: row.name, mediaType: row.mediaType };
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
