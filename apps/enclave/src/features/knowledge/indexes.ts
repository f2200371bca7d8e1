import type { DocumentId, KnowledgeBaseId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { type SealingKey, toAad } from '../../keys/seal.ts';
import { OpenedPassages } from './opened-passages.ts';
import { KnowledgeIndex } from './search/knowledge-index.ts';
import { readSnapshot, type Snapshot, writeSnapshot } from './snapshots.ts';
import {
  type DocumentRecord,
  findDocument,
  listDocuments,
  passagePlace,
  readPassages,
  readPassagesAt,
  readVectors,
  requireBase,
} from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'embedder' | 'log'>;

interface Loaded {
  readonly org: OrgId;
  readonly key: SealingKey;
  readonly index: KnowledgeIndex;
  /** The documents that the index holds, each as of the version it holds. */
  readonly documents: Map<DocumentId, DocumentRecord>;
  readonly opened: OpenedPassages;
  changes: number;
}

const PAGE = 500;
const SNAPSHOT_AFTER_MS = 15_000;
/** Below this many passages an index is rebuilt from its rows faster than a snapshot is worth. */
const SNAPSHOT_FROM = 2_000;

/**
 * The search index of each knowledge base that was asked for, in memory. Loaded from its sealed snapshot and brought in
 * line with the rows, which alone say what is there.
 */
export class KnowledgeIndexes {
  readonly #ports: Ports;
  readonly #loaded = new Map<KnowledgeBaseId, Promise<Loaded>>();
  readonly #timer: NodeJS.Timeout;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#timer = setInterval(() => void this.#snapshotChanged(), SNAPSHOT_AFTER_MS).unref();
  }

  async get(org: OrgId, base: KnowledgeBaseId): Promise<KnowledgeIndex> {
    return (await this.#open(org, base)).index;
  }

  /** The texts of hits, with the names of their documents. What was deleted meanwhile is left out. */
  async openHits(org: OrgId, base: KnowledgeBaseId, hits: readonly { document: string; ordinal: number }[]) {
    const { documents, opened, key } = await this.#open(org, base);
    const read = (document: DocumentRecord, ordinals: readonly number[]) =>
      this.#ports.db.transaction(org, 'system', (tx) => readPassagesAt(tx, key, document, ordinals));
    return opened.open(documents, hits, read);
  }

  /** Puts a document's current passages and vectors in, in place of what it had. */
  async load(org: OrgId, base: KnowledgeBaseId, id: DocumentId): Promise<void> {
    const loaded = await this.#open(org, base);
    const document = await this.#ports.db.transaction(org, 'system', (tx) => findDocument(tx, loaded.key, base, id));
    if (document) await this.#fill(loaded, document);
    else remove(loaded, id);
  }

  async addVectors(org: OrgId, base: KnowledgeBaseId, document: DocumentId, ordinal: number, vectors: Int8Array): Promise<void> {
    const loaded = await this.#open(org, base);
    loaded.index.addVectors(document, ordinal, vectors);
    loaded.changes++;
  }

  /** Takes a document out of answers at once. */
  remove(base: KnowledgeBaseId, document: DocumentId): void {
    void this.#loaded.get(base)?.then((loaded) => remove(loaded, document));
  }

  drop(org: OrgId, base: KnowledgeBaseId): void {
    this.#loaded.delete(base);
    void this.#ports.blobs.remove({ org, id: base });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#snapshotChanged();
  }

  #open(org: OrgId, base: KnowledgeBaseId): Promise<Loaded> {
    let loaded = this.#loaded.get(base);
    if (!loaded) {
      loaded = this.#build(org, base);
      this.#loaded.set(base, loaded);
      loaded.catch(() => this.#loaded.delete(base));
    }
    return loaded;
  }

  async #build(org: OrgId, base: KnowledgeBaseId): Promise<Loaded> {
    const { db, keyring, blobs, embedder } = this.#ports;
    const { key, documents } = await db.transaction(org, 'system', async (tx) => {
      const { data_key } = await requireBase(tx, await db.key(tx), base);
      const opened = await keyring.data(tx.keys, org, data_key);
      return { key: opened, documents: await listAll(tx, opened, base) };
    });
    const snapshot = await readSnapshot(blobs, { org, id: base, key }, embedder).catch(() => undefined);
    const loaded: Loaded = {
      org,
      key,
      index: snapshot?.index ?? new KnowledgeIndex(embedder.dimensions),
      documents: new Map(),
      opened: new OpenedPassages(),
      changes: 0,
    };
    const present = new Set(documents.map(({ id }) => id));
    for (const id of snapshot?.versions.keys() ?? []) if (!present.has(id)) remove(loaded, id);
    for (const document of documents)
      if (isCurrent(snapshot, document)) loaded.documents.set(document.id, document);
      else await this.#fill(loaded, document);
    return loaded;
  }

  async #fill(loaded: Loaded, document: DocumentRecord): Promise<void> {
    remove(loaded, document.id);
    if (document.content_version === 0) return;
    const { db } = this.#ports;
    const title = document.content.name;
    for (let from = 0; from < document.passages; from += PAGE) {
      const passages = await db.transaction(loaded.org, 'system', (tx) => readPassages(tx, loaded.key, document, { from, limit: PAGE }));
      loaded.index.add(
        document.id,
        passages.map(({ ordinal, text, headings }) => ({ ordinal, text, headings, title })),
      );
    }
    for (const { ordinal, sealed } of await db.transaction(loaded.org, 'system', (tx) => readVectors(tx, document))) {
      const place = passagePlace('passage_vectors', loaded.org, document.id, document.content_version, ordinal);
      loaded.index.addVectors(document.id, ordinal, new Int8Array(loaded.key.open(toAad(place), sealed)));
    }
    loaded.documents.set(document.id, document);
    loaded.changes++;
  }

  async #snapshotChanged(): Promise<void> {
    const { blobs, embedder, log } = this.#ports;
    for (const [base, opening] of this.#loaded) {
      const loaded = await opening.catch(() => undefined);
      if (!loaded?.changes || loaded.index.passages < SNAPSHOT_FROM) continue;
      loaded.changes = 0;
      await writeSnapshot(blobs, { org: loaded.org, id: base, key: loaded.key }, embedder, {
        index: loaded.index,
        versions: versionsOf(loaded),
      }).catch((error: unknown) => log.warn({ err: error, knowledge: base }, 'the search snapshot was not written'));
    }
  }
}

function versionsOf({ documents }: Loaded): Map<DocumentId, number> {
  return new Map([...documents].map(([id, { content_version }]) => [id, content_version]));
}

function remove(loaded: Loaded, id: DocumentId): void {
  loaded.index.remove(id);
  loaded.documents.delete(id);
  loaded.opened.forget(id);
  loaded.changes++;
}

/** Whether the snapshot holds this version of the document, with as many vectors as the rows. */
function isCurrent(snapshot: Snapshot | undefined, document: DocumentRecord): boolean {
  if (!snapshot || snapshot.versions.get(document.id) !== document.content_version) return false;
  return (snapshot.embedded.get(document.id) ?? 0) >= document.embedded;
}

async function listAll(tx: Transaction, key: SealingKey, base: KnowledgeBaseId): Promise<DocumentRecord[]> {
  const all: DocumentRecord[] = [];
  for (let before: string | undefined; ; before = all.at(-1)?.id) {
    const page = await listDocuments(tx, key, base, { before, limit: PAGE });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
