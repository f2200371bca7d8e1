import { createHmac } from 'node:crypto';
import type { KnowledgeBaseId, UploadId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import type { SealingKey } from '../../keys/seal.ts';
import { OutboundError } from '../../providers/outbound/error.ts';
import { openStoredFile, removeStoredFile, type StoredFile, storeBytes, takeUpload } from '../uploads/index.ts';
import { countUsage } from '../usage/index.ts';
import { describeDocument, type Progresses } from './documents.ts';
import { type DocumentContent, type DocumentRecord, findDocumentByName, insertDocument, requireBase, updateDocument } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'outbound' | 'jobs' | 'now' | 'newId'> & { readonly progresses: Progresses };

type NewDocument =
  | { source: 'upload'; upload: UploadId }
  | { source: 'paste'; title: string; text: string }
  | { source: 'page'; url: string };

/** What arrived: a name that stays the same when the same thing is added again, and its bytes. */
interface Arrived {
  readonly name: string;
  readonly source: DocumentContent['source'];
  readonly mediaType?: string | undefined;
  readonly file: StoredFile;
}

const PAGE_BYTES = 20 * 1024 * 1024;
const PAGE_TIMEOUT_MS = 20_000;

/**
 * Adds a document and queues its reading. A document of the same name gets a new version, which answers once it is
 * read; the same bytes again change nothing.
 */
export async function addDocument(ports: Ports, scope: OrgScope, workspace: WorkspaceId, knowledge: KnowledgeBaseId, input: NewDocument) {
  const page = input.source === 'page' ? await fetchPage(ports, scope, input.url) : undefined;
  return scope.transaction(async (tx) => {
    const base = await requireBase(tx, await ports.db.key(tx), knowledge, workspace);
    const key = await ports.keyring.data(tx.keys, scope.org, base.data_key);
    const arrived = await take(ports, tx, scope, input, page);
    const contentIndex = await hashFile(ports, tx, arrived.file);
    const nameIndex = ports.keyring.blindIndex('document-name', `${knowledge}\n${arrived.name}`);
    const before = await findDocumentByName(tx, key, knowledge, nameIndex);
    if (before && isSame(before, contentIndex)) {
      await removeStoredFile(ports, tx, arrived.file);
      return { ...describeDocument(before, scope, ports.progresses), unchanged: true };
    }
    const document = before
      ? await replace(ports, tx, key, before, arrived, contentIndex, scope)
      : await insertDocument(
          tx,
          key,
          {
            id: ports.newId('document'),
            org_id: scope.org,
            knowledge_base_id: knowledge,
            user_id: scope.user,
            name_index: nameIndex,
            content_index: contentIndex,
            state: 'queued',
            failure: null,
            size_bytes: arrived.file.sizeBytes,
            passages: 0,
            embedded: 0,
            content_version: 0,
            version: 1,
            created_at: ports.now(),
          },
          { ...arrived, target: 1 },
        );
    await ports.jobs.enqueue(tx, 'read-document', document.id);
    await countUsage(tx, [{ meter: 'stored_bytes', model: '', amount: arrived.file.sizeBytes }]);
    tx.audit('document.added', document.id, { version: document.content.target, sizeBytes: arrived.file.sizeBytes });
    return { ...describeDocument(document, scope, ports.progresses), unchanged: false };
  });
}

async function replace(
  ports: Ports,
  tx: Transaction,
  key: SealingKey,
  before: DocumentRecord,
  arrived: Arrived,
  contentIndex: Uint8Array,
  { user }: OrgScope,
): Promise<DocumentRecord> {
  await removeStoredFile(ports, tx, before.content.file);
  ports.progresses.stop(before.id);
  const changes = {
    state: 'queued',
    failure: null,
    content_index: contentIndex,
    size_bytes: arrived.file.sizeBytes,
    user_id: user,
  } as const;
  return updateDocument(tx, key, before, changes, { ...arrived, target: before.content.target + 1, pages: before.content.pages });
}

function isSame(before: DocumentRecord, contentIndex: Uint8Array): boolean {
  const readable = before.state !== 'failed' && before.state !== 'cancelled';
  return readable && before.content_index !== null && Buffer.from(before.content_index).equals(contentIndex);
}

async function take(ports: Ports, tx: Transaction, scope: OrgScope, input: NewDocument, page: FetchedPage | undefined): Promise<Arrived> {
  if (input.source === 'upload') {
    const { name, mediaType, ...file } = await takeUpload(ports, tx, scope.user, input.upload, 'document');
    return { name, mediaType, source: 'upload', file };
  }
  const { name, mediaType, bytes } = page ?? pasted(input);
  return { name, mediaType, source: input.source, file: await storeBytes(ports, tx, scope.user, bytes) };
}

interface FetchedPage {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

function pasted(input: NewDocument): FetchedPage {
  if (input.source !== 'paste') throw new Error('not a pasted text');
  return { name: input.title, mediaType: 'text/plain; charset=utf-8', bytes: Buffer.from(input.text) };
}

async function fetchPage({ outbound }: Ports, { signal }: OrgScope, url: string): Promise<FetchedPage> {
  try {
    const response = await outbound.request(url, {
      purpose: 'page',
      trust: 'typed',
      maxResponseBytes: PAGE_BYTES,
      timeoutMs: PAGE_TIMEOUT_MS,
      maxRedirects: 5,
      signal,
    });
    if (!response.ok) throw new AppError('address_unreachable', { reason: `status ${response.status}` });
    return {
      name: url,
      mediaType: response.headers.get('content-type') ?? 'text/html',
      bytes: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.code === 'private_address') throw new AppError('private_address');
    throw new AppError('address_unreachable', { reason: error.code }, { cause: error });
  }
}

/** A keyed hash of the content: tells whether a file is unchanged, and nothing to whoever reads the database. */
async function hashFile({ keyring, blobs }: Ports, tx: Transaction, file: StoredFile): Promise<Uint8Array<ArrayBuffer>> {
  const hmac = createHmac('sha256', keyring.mac('content'));
  for await (const bytes of await openStoredFile({ keyring, blobs }, tx, file)) hmac.update(bytes);
  return new Uint8Array(hmac.digest());
}
