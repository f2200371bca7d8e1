import { createHmac } from 'node:crypto';
import type { KnowledgeBaseId, UploadId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { OutboundError } from '../../providers/outbound/error.ts';
import { openUpload, removeStoredFile, type StoredFile, storeBytes, takeUpload } from '../uploads/index.ts';
import { countUsage } from '../usage/index.ts';
import { describeDocument, requireOwn } from './documents.ts';
import type { Progresses } from './progresses.ts';
import { type DocumentRecord, findDocumentByName, insertDocument, lockBase, requireBase, updateDocument } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'outbound' | 'jobs' | 'now' | 'newId'> & { readonly progresses: Progresses };

type NewDocument =
  | { source: 'upload'; upload: UploadId }
  | { source: 'paste'; title: string; text: string }
  | { source: 'page'; url: string };

/** What arrived: a name that stays the same when the same thing is added again, and its bytes. */
interface Arrived {
  readonly name: string;
  readonly mediaType?: string | undefined;
  /** A keyed hash of the bytes: tells whether a file is unchanged, and nothing to whoever reads the database. */
  readonly contentIndex: Uint8Array<ArrayBuffer>;
  store(tx: Transaction): Promise<StoredFile>;
}

const PAGE_BYTES = 20 * 1024 * 1024;
const PAGE_TIMEOUT_MS = 20_000;

/**
 * Adds a document and queues its reading. A document of the same name gets a new version, which answers once it is
 * read; the same bytes again change nothing.
 * @throws AppError `not_allowed` where that document is somebody else's and the role may not change it
 */
export async function addDocument(ports: Ports, scope: OrgScope, workspace: WorkspaceId, knowledge: KnowledgeBaseId, input: NewDocument) {
  const arrived = await receive(ports, scope, input);
  const nameIndex = ports.keyring.blindIndex('document-name', `${knowledge}\n${arrived.name}`);
  return scope.transaction(async (tx) => {
    await lockBase(tx, knowledge);
    const base = await requireBase(tx, await ports.db.key(tx), knowledge, workspace);
    const key = await ports.keyring.data(tx.keys, scope.org, base.data_key);
    const before = await findDocumentByName(tx, key, knowledge, nameIndex);
    const isUnchanged = before && isSame(before, arrived);
    if (before && !isUnchanged) requireOwn(scope, before);
    const file = await arrived.store(tx);
    if (isUnchanged) {
      await removeStoredFile(ports, tx, file);
      return { ...describeDocument(before, scope, ports.progresses), unchanged: true };
    }
    const { name, mediaType, contentIndex } = arrived;
    const content = { name, mediaType, source: input.source, file };
    const changes = {
      user_id: scope.user,
      content_index: contentIndex,
      state: 'queued',
      failure: null,
      size_bytes: file.sizeBytes,
    } as const;
    const row = {
      ...changes,
      id: ports.newId('document'),
      org_id: scope.org,
      knowledge_base_id: knowledge,
      name_index: nameIndex,
      passages: 0,
      embedded: 0,
      content_version: 0,
      version: 1,
      created_at: ports.now(),
    };
    const document = before
      ? await updateDocument(tx, key, before, changes, { ...content, target: before.content.target + 1, pages: before.content.pages })
      : await insertDocument(tx, key, row, { ...content, target: 1 });
    if (before) {
      await removeStoredFile(ports, tx, before.content.file);
      ports.progresses.stopWith(tx, before.id);
    }
    await ports.jobs.enqueue(tx, 'read-document', document.id);
    await countUsage(tx, [{ meter: 'stored_bytes', model: '', amount: file.sizeBytes }]);
    tx.audit('document.added', document.id, { version: document.content.target, sizeBytes: file.sizeBytes });
    return { ...describeDocument(document, scope, ports.progresses), unchanged: false };
  });
}

function isSame(before: DocumentRecord, { contentIndex }: Arrived): boolean {
  const readable = before.state !== 'failed' && before.state !== 'cancelled';
  return readable && before.content_index !== null && equalBytes(before.content_index, contentIndex);
}

async function receive(ports: Ports, scope: OrgScope, input: NewDocument): Promise<Arrived> {
  if (input.source === 'upload') {
    const { name, mediaType, bytes } = await scope.transaction((tx) => openUpload(ports, tx, scope.user, input.upload, 'document'));
    const store = (tx: Transaction) => takeUpload(ports, tx, scope.user, input.upload, 'document').then(onlyFile);
    return { name, mediaType, contentIndex: await hash(ports, bytes), store };
  }
  const { name, mediaType, bytes } =
    input.source === 'page'
      ? await fetchPage(ports, scope, input.url)
      : { name: input.title, mediaType: 'text/plain; charset=utf-8', bytes: Buffer.from(input.text) };
  return { name, mediaType, contentIndex: await hash(ports, [bytes]), store: (tx) => storeBytes(ports, tx, bytes) };
}

function onlyFile({ blob, dataKey, parts, sizeBytes }: StoredFile): StoredFile {
  return { blob, dataKey, parts, sizeBytes };
}

interface FetchedPage {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
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

async function hash({ keyring }: Ports, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const hmac = createHmac('sha256', keyring.mac('content'));
  for await (const bytes of pieces) hmac.update(bytes);
  return new Uint8Array(hmac.digest());
}
