import { type DocumentId, type KnowledgeBaseId, PERMISSIONS, type WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import type { SealingKey } from '../../keys/seal.ts';
import { openStoredFile, removeStoredFile } from '../uploads/index.ts';
import type { KnowledgeIndexes } from './indexes.ts';
import type { Progresses } from './progresses.ts';
import { type DocumentRecord, deleteDocument, findDocument, listDocuments, readPassages, requireBase, updateDocument } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'jobs'> & { readonly progresses: Progresses; readonly indexes: KnowledgeIndexes };

interface Place {
  readonly workspace: WorkspaceId;
  readonly knowledge: KnowledgeBaseId;
}

export async function listDocumentsOf(ports: Ports, scope: OrgScope, place: Place, page: { cursor?: string | undefined; limit: number }) {
  return scope.transaction(async (tx) => {
    const { key } = await openBase(ports, tx, place);
    const documents = await listDocuments(tx, key, place.knowledge, { before: page.cursor, limit: page.limit + 1 });
    const items = documents.slice(0, page.limit).map((document) => describeDocument(document, scope, ports.progresses));
    const last = items.at(-1);
    return documents.length > page.limit && last ? { items, next: last.id } : { items };
  });
}

export async function getDocument(ports: Ports, scope: OrgScope, place: Place, id: DocumentId) {
  return scope.transaction(async (tx) => describeDocument((await openDocument(ports, tx, place, id)).document, scope, ports.progresses));
}

export async function listPassages(ports: Ports, scope: OrgScope, place: Place, id: DocumentId, range: { from: number; limit: number }) {
  const result = await scope.transaction(async (tx) => {
    const { key, document } = await openDocument(ports, tx, place, id);
    return { items: await readPassages(tx, key, document, range), total: document.passages };
  });
  await scope.audit('document.read', id, { from: range.from, passages: result.items.length });
  return result;
}

/** The file as it was added; never shown as a page, whatever it is. */
export async function downloadOriginal(ports: Ports, scope: OrgScope, place: Place, id: DocumentId): Promise<Response> {
  const { document, bytes } = await scope.transaction(async (tx) => {
    const found = await openDocument(ports, tx, place, id);
    return { ...found, bytes: await openStoredFile(ports, tx, found.document.content.file) };
  });
  await scope.audit('document.downloaded', id);
  const { name, source } = document.content;
  const fileName = source === 'upload' ? name : `${id}.${source === 'page' ? 'html' : 'txt'}`;
  return new Response(ReadableStream.from(bytes) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(document.content.file.sizeBytes),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`,
    },
  });
}

export async function retryDocument(ports: Ports, scope: OrgScope, place: Place, id: DocumentId) {
  return scope.transaction(async (tx) => {
    const { key, document } = await openOwnDocument(ports, scope, tx, place, id);
    if (document.state !== 'failed' && document.state !== 'cancelled') return describeDocument(document, scope, ports.progresses);
    const queued = await updateDocument(tx, key, document, { state: 'queued', failure: null, user_id: scope.user });
    await ports.jobs.enqueue(tx, 'read-document', id);
    tx.audit('document.retried', id);
    return describeDocument(queued, scope, ports.progresses);
  });
}

export async function cancelDocument(ports: Ports, scope: OrgScope, place: Place, id: DocumentId) {
  return scope.transaction(async (tx) => {
    const { key, document } = await openOwnDocument(ports, scope, tx, place, id);
    if (document.state !== 'queued' && document.state !== 'reading') return describeDocument(document, scope, ports.progresses);
    const cancelled = await updateDocument(tx, key, document, { state: 'cancelled' });
    tx.audit('document.cancelled', id);
    ports.progresses.stopWith(tx, id);
    return describeDocument(cancelled, scope, ports.progresses);
  });
}

export async function removeDocument(ports: Ports, scope: OrgScope, place: Place, id: DocumentId): Promise<void> {
  await scope.transaction(async (tx) => {
    const { document } = await openOwnDocument(ports, scope, tx, place, id);
    await removeStoredFile(ports, tx, document.content.file);
    await deleteDocument(tx, id);
    tx.audit('document.deleted', id);
    ports.progresses.stopWith(tx, id);
    tx.onEnd((committed) => committed && ports.indexes.remove(place.knowledge, id));
  });
}

export function describeDocument(document: DocumentRecord, scope: OrgScope, progresses: Progresses) {
  const { content } = document;
  const progress = progresses.of(document.id);
  return {
    id: document.id,
    name: content.name,
    source: content.source,
    version: content.target,
    sizeBytes: document.size_bytes,
    state: document.state,
    passages: document.passages,
    embedded: document.embedded,
    own: mayChange(scope, document),
    addedAt: document.created_at.toISOString(),
    ...(document.failure ? { failure: document.failure as 'corrupt' } : {}),
    ...(progress ? { progress } : {}),
    ...(content.pages ? { pages: content.pages } : {}),
  };
}

/** The base's key, after checking that the base belongs to the workspace. */
async function openBase({ db, keyring }: Ports, tx: Transaction, { workspace, knowledge }: Place): Promise<{ key: SealingKey }> {
  const base = await requireBase(tx, await db.key(tx), knowledge, workspace);
  return { key: await keyring.data(tx.keys, tx.realm, base.data_key) };
}

async function openDocument(
  ports: Ports,
  tx: Transaction,
  place: Place,
  id: DocumentId,
  lock?: 'update',
): Promise<{ key: SealingKey; document: DocumentRecord }> {
  const { key } = await openBase(ports, tx, place);
  const document = await findDocument(tx, key, place.knowledge, id, lock);
  if (!document) throw new AppError('not_found');
  return { key, document };
}

/** A document to be changed by the caller. */
async function openOwnDocument(ports: Ports, scope: OrgScope, tx: Transaction, place: Place, id: DocumentId) {
  const opened = await openDocument(ports, tx, place, id, 'update');
  requireOwn(scope, opened.document);
  return opened;
}

function mayChange(scope: OrgScope, document: DocumentRecord): boolean {
  return scope.can('knowledge.edit') || (scope.can('documents.add') && document.user_id === scope.user);
}

/** @throws AppError `not_allowed` for a document that somebody else added, unless the role may change those too */
export function requireOwn(scope: OrgScope, document: DocumentRecord): void {
  if (!mayChange(scope, document)) throw new AppError('not_allowed', { allows: PERMISSIONS['knowledge.edit'].allows });
}
