import type { DocumentId, KnowledgeBaseId } from '@privexbot/contract';
import { hasPermission, type OrgId, type Role, type UserId, type WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { Job } from '../../jobs/jobs.ts';
import type { SealingKey } from '../../keys/seal.ts';
import { randomBytes } from '../../random.ts';
import { openStoredFile } from '../uploads/index.ts';
import type { KnowledgeIndexes } from './indexes.ts';
import type { Progresses, Reading } from './progresses.ts';
import { ReadFailure } from './reading/failures.ts';
import type { Passage } from './reading/passages.ts';
import { readDocument } from './reading/read-document.ts';
import {
  type DocumentRecord,
  deletePassages,
  findBaseOf,
  findDocument,
  insertPassages,
  requireBase,
  updateDocument,
  workspaceOf,
} from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'jobs' | 'log'> & {
  readonly progresses: Progresses;
  readonly indexes: KnowledgeIndexes;
  findRole(user: UserId, org: OrgId, workspace: WorkspaceId): Promise<Role | undefined>;
};

const BATCH = 256;

/**
 * Reads a queued document in a child process and stores its passages as the next version, which answers from the moment
 * all are stored. Runs again from the start after a kill; does nothing where the row says there is nothing to do.
 */
export async function readDocumentJob(ports: Ports, { org, id }: Job, stopping: AbortSignal): Promise<void> {
  using reading = await ports.progresses.start(id as DocumentId);
  const started = await ports.db.transaction(org, 'system', (tx) => start(ports, tx, id as DocumentId));
  if (!started) return;
  const { document, key } = started;
  try {
    const read = await readTwice(ports, started, reading, AbortSignal.any([stopping, reading.signal]));
    const commit = () => ports.db.transaction(org, 'system', (tx) => finish(ports, tx, document, key, read));
    await ports.indexes.change(org, document.knowledge_base_id, document.id, commit);
  } catch (error) {
    if (stopping.aborted) throw error;
    // Cancelled, deleted or replaced: its row says so already.
    if (reading.signal.aborted) return discard(ports, document, key);
    // Says nothing about the document: the queue calls again.
    if (error instanceof AppError && error.code === 'unavailable') throw error;
    return fail(ports, document, key, error);
  }
}

interface Started {
  readonly document: DocumentRecord;
  readonly key: SealingKey;
  readonly bytes: AsyncIterable<Uint8Array>;
}

async function start(ports: Ports, tx: Transaction, id: DocumentId): Promise<Started | undefined> {
  const base = await findBaseOf(tx, id);
  if (!base) return undefined;
  const key = await openKey(ports, tx, base);
  const document = await findDocument(tx, key, base, id, 'update');
  if (document?.state !== 'queued' && document?.state !== 'reading') return undefined;
  const role = await ports.findRole(document.user_id, tx.realm, await workspaceOf(tx, base));
  if (!role || !hasPermission(role, 'documents.add')) {
    await updateDocument(tx, key, document, { state: 'cancelled' });
    tx.audit('document.cancelled', id, { reason: 'whoever added it may no longer add documents' });
    return undefined;
  }
  const reading = await updateDocument(tx, key, document, { state: 'reading', failure: null });
  return { document: reading, key, bytes: await openFresh(ports, tx, reading) };
}

/** The document's bytes, once nothing is left of an earlier try. */
async function openFresh(ports: Ports, tx: Transaction, { id, content }: DocumentRecord): Promise<AsyncIterable<Uint8Array>> {
  await deletePassages(tx, id, { only: content.target });
  return openStoredFile(ports, tx, content.file);
}

/** A child that was killed from outside says nothing about the document: it gets a second one. */
async function readTwice(ports: Ports, started: Started, reading: Reading, signal: AbortSignal): Promise<ReadResult> {
  try {
    return await storePassages(ports, started, reading, signal);
  } catch (error) {
    if (!(error instanceof ReadFailure && error.cause === 'SIGKILL')) throw error;
    const { document } = started;
    const bytes = await ports.db.transaction(document.org_id, 'system', (tx) => openFresh(ports, tx, document));
    return storePassages(ports, { ...started, bytes }, reading, signal);
  }
}

interface ReadResult {
  readonly passages: number;
  readonly pages: number | undefined;
}

async function storePassages(ports: Ports, { document, key, bytes }: Started, reading: Reading, signal: AbortSignal): Promise<ReadResult> {
  const { name, mediaType, target } = document.content;
  const salt = randomBytes(32);
  let waiting: Passage[] = [];
  let stored = 0;
  let pages: number | undefined;
  async function flush(): Promise<void> {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    await ports.db.transaction(document.org_id, 'system', (tx) => insertPassages(tx, key, document.id, target, batch, salt));
    stored += batch.length;
  }
  for await (const event of readDocument({ name, bytes, signal, sizeBytes: document.size_bytes, ...(mediaType ? { mediaType } : {}) })) {
    if (event.type === 'passages') {
      waiting.push(...event.passages);
      if (waiting.length >= BATCH) await flush();
    } else if (event.type === 'progress') reading.report({ done: event.done, total: event.total, unit: event.unit });
    else pages = event.pages;
  }
  await flush();
  return { passages: stored, pages };
}

async function finish(ports: Ports, tx: Transaction, document: DocumentRecord, key: SealingKey, read: ReadResult): Promise<void> {
  const version = document.content.target;
  const changes = { state: 'ready', passages: read.passages, embedded: 0, content_version: version } as const;
  await updateDocument(tx, key, document, changes, { ...document.content, pages: read.pages });
  await deletePassages(tx, document.id, { allBut: version });
  await ports.jobs.enqueue(tx, 'embed-document', document.id);
  tx.audit('document.ready', document.id, { version, passages: read.passages });
}

async function fail(ports: Ports, document: DocumentRecord, key: SealingKey, error: unknown): Promise<void> {
  const failure = error instanceof ReadFailure ? error.code : 'crashed';
  if (failure === 'crashed') ports.log.error({ err: error, document: document.id }, 'reading a document failed');
  await ports.db.transaction(document.org_id, 'system', async (tx) => {
    const current = await findDocument(tx, key, document.knowledge_base_id, document.id);
    if (current?.version !== document.version) return;
    await deletePassages(tx, document.id, { only: document.content.target });
    await updateDocument(tx, key, current, { state: 'failed', failure });
    tx.audit('document.failed', document.id, { failure });
  });
}

/** Removes what a reading that was stopped had stored. */
async function discard(ports: Ports, { id, org_id, knowledge_base_id, content }: DocumentRecord, key: SealingKey): Promise<void> {
  await ports.db.transaction(org_id, 'system', async (tx) => {
    const current = await findDocument(tx, key, knowledge_base_id, id, 'update');
    if (current && current.content_version !== content.target) await deletePassages(tx, id, { only: content.target });
  });
}

async function openKey({ db, keyring }: Ports, tx: Transaction, id: KnowledgeBaseId): Promise<SealingKey> {
  const base = await requireBase(tx, await db.key(tx), id);
  return keyring.data(tx.keys, tx.realm, base.data_key);
}
