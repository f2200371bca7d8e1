import { setImmediate, setTimeout } from 'node:timers/promises';
import type { DocumentId, KnowledgeBaseId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { openBytes, type SealingKey } from '../../keys/seal.ts';
import { type OpenedPassage, OpenedPassages, type Wanted } from './opened-passages.ts';
import type { Passage } from './reading/passages.ts';
import { KnowledgeIndex } from './search/knowledge-index.ts';
import { readSnapshot, type Snapshot, writeSnapshot } from './snapshots.ts';
import {
  type DocumentRecord,
  findDocument,
  listDocuments,
  readPassages,
  readPassagesAt,
  readVectors,
  requireBase,
  vectorsPlace,
} from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'jobs' | 'embedder' | 'log'>;

interface Loaded {
  readonly org: OrgId;
  readonly key: SealingKey;
  readonly index: KnowledgeIndex;
  /** The documents that the index holds, each as of the version it holds. */
  readonly documents: Map<DocumentId, DocumentRecord>;
  readonly opened: OpenedPassages;
  /** Grows with each change; as of the last round, and as of the snapshot. */
  changes: number;
  seenChanges: number;
  savedChanges: number;
}

/** The index of a knowledge base, for one question. */
export interface OpenIndex {
  readonly index: KnowledgeIndex;
  /** The texts of hits, with the names of their documents, by `document/ordinal`. What was deleted meanwhile is left out. */
  open(hits: readonly { document: string; ordinal: number }[]): Promise<Map<string, OpenedPassage>>;
}

const PAGE = 500;
const QUESTION_WAITS_MS = 1_000;
/** An index is stored once it has not changed from one round to the next. */
const SNAPSHOT_ROUND_MS = 15_000;
/** Below this many passages an index is rebuilt from its rows faster than a snapshot is worth. */
export const SNAPSHOT_FROM = 2_000;

/**
 * The search index of each knowledge base that was asked for, in memory. Loaded from its sealed snapshot and brought in
 * line with the rows, which alone say what is there.
 */
export class KnowledgeIndexes {
  readonly #ports: Ports;
  readonly #loaded = new Map<KnowledgeBaseId, Promise<Loaded>>();
  /** Documents whose rows and index are being changed. What asks meanwhile would find them disagree. */
  readonly #changing = new Map<KnowledgeBaseId, Set<Promise<void>>>();
  readonly #timer: NodeJS.Timeout;
  #round = Promise.resolve();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#timer = setInterval(() => void this.#snapshot('quiet'), SNAPSHOT_ROUND_MS).unref();
  }

  /** @returns undefined where the base was deleted */
  async find(org: OrgId, base: KnowledgeBaseId): Promise<OpenIndex | undefined> {
    // A huge document takes a while to put in; the others answer meanwhile.
    const changes = this.#changesOf(base);
    if (changes) await Promise.race([changes, setTimeout(QUESTION_WAITS_MS, undefined, { ref: false })]);
    try {
      const { index, documents, opened, key } = await this.#open(org, base);
      const read = (wanted: readonly Wanted[]) =>
        this.#ports.db.transaction(org, 'system', (tx) =>
          Promise.all(wanted.map(({ document, ordinals }) => readPassagesAt(tx, key, document, ordinals))),
        );
      return { index, open: (hits) => opened.open(documents, hits, read) };
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  /** Commits a document's new passages and puts them in, in place of what it had. Questions wait a moment for both. */
  async change(org: OrgId, base: KnowledgeBaseId, id: DocumentId, commit: () => Promise<void>): Promise<void> {
    const changing = this.#changing.get(base) ?? new Set();
    this.#changing.set(base, changing);
    const change = commit().then(() => this.#load(org, base, id));
    changing.add(change);
    try {
      await change;
    } finally {
      changing.delete(change);
      if (changing.size === 0) this.#changing.delete(base);
    }
  }

  #changesOf(base: KnowledgeBaseId): Promise<unknown> | undefined {
    const changing = this.#changing.get(base);
    return changing && Promise.allSettled(changing);
  }

  async #load(org: OrgId, base: KnowledgeBaseId, id: DocumentId): Promise<void> {
    try {
      const loaded = await this.#open(org, base);
      const document = await this.#ports.db.transaction(org, 'system', (tx) => findDocument(tx, loaded.key, base, id));
      if (document) await this.#fill(loaded, document);
      else remove(loaded, id);
    } catch (error) {
      this.#loaded.delete(base); // the next question builds it from the rows
      if (error instanceof AppError && error.code === 'not_found') return; // deleted meanwhile
      this.#ports.log.warn({ err: error, document: id }, 'a document was not put into its index; building the index from its rows');
    }
  }

  async addVectors(org: OrgId, base: KnowledgeBaseId, document: DocumentId, ordinal: number, vectors: Int8Array): Promise<void> {
    await this.#changesOf(base); // vectors find their passages only once those are in
    const loaded = await this.#open(org, base);
    loaded.index.addVectors(document, ordinal, vectors);
    loaded.changes++;
  }

  /** Takes a document out of answers at once. */
  remove(base: KnowledgeBaseId, document: DocumentId): void {
    this.#loaded.get(base)?.then(
      (loaded) => remove(loaded, document),
      () => undefined, // it was not built, so the document is not in it
    );
  }

  drop(org: OrgId, base: KnowledgeBaseId): void {
    this.#loaded.delete(base);
    this.#removeSnapshot(org, base);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#snapshot('all');
  }

  #open(org: OrgId, base: KnowledgeBaseId): Promise<Loaded> {
    let loaded = this.#loaded.get(base);
    if (!loaded) {
      loaded = this.#build(org, base);
      this.#loaded.set(base, loaded);
      loaded.catch(() => this.#loaded.get(base) === loaded && this.#loaded.delete(base));
    }
    return loaded;
  }

  async #build(org: OrgId, base: KnowledgeBaseId): Promise<Loaded> {
    const { db, keyring, blobs, embedder, log } = this.#ports;
    const { key, documents } = await db.transaction(org, 'system', async (tx) => {
      const { data_key } = await requireBase(tx, await db.key(tx), base);
      const opened = await keyring.data(tx.keys, org, data_key);
      return { key: opened, documents: await listAll(tx, opened, base) };
    });
    const snapshot = await readSnapshot(blobs, { org, id: base, key }, embedder).catch((error: unknown) => {
      log.warn({ err: error, knowledge: base }, 'the search snapshot is not used; building the index from its rows');
      return undefined;
    });
    const loaded: Loaded = {
      org,
      key,
      index: snapshot?.index ?? new KnowledgeIndex(embedder.dimensions),
      documents: new Map(),
      opened: new OpenedPassages(),
      changes: 0,
      seenChanges: 0,
      savedChanges: snapshot ? 0 : -1,
    };
    const present = new Set(documents.map(({ id }) => id));
    for (const id of snapshot?.versions.keys() ?? []) if (!present.has(id)) remove(loaded, id);
    for (const document of documents)
      if (isCurrent(snapshot, document)) loaded.documents.set(document.id, document);
      else await this.#fill(loaded, document);
    return loaded;
  }

  async #fill(loaded: Loaded, document: DocumentRecord): Promise<void> {
    const { db } = this.#ports;
    const { id, content_version, content, passages: count } = document;
    const pages: Passage[][] = [];
    for (let from = 0; content_version > 0 && from < count; from += PAGE)
      pages.push(await db.transaction(loaded.org, 'system', (tx) => readPassages(tx, loaded.key, document, { from, limit: PAGE })));
    // From here on without the database, so that the version before answers until this one does.
    remove(loaded, id);
    loaded.documents.set(id, document);
    for (const page of pages) {
      loaded.index.add(
        id,
        page.map(({ ordinal, text, headings }) => ({ ordinal, text, headings, title: content.name })),
      );
      if (pages.length > 1) await setImmediate(); // others have their turn
    }
    await this.#fillVectors(loaded, document);
    loaded.changes++;
  }

  async #fillVectors({ index, key, org }: Loaded, document: DocumentRecord): Promise<void> {
    const { db, jobs, embedder } = this.#ports;
    const { id, passages: count } = document;
    let found = 0;
    for (let from = 0; document.embedded > 0 && from < count; from += PAGE) {
      const range = { from, limit: PAGE };
      const rows = await db.transaction(org, 'system', (tx) => readVectors(tx, document, embedder.model, range));
      for (const { ordinal, sealed } of rows)
        index.addVectors(id, ordinal, new Int8Array(openBytes(key, vectorsPlace(document, ordinal, embedder.model), sealed)));
      found += rows.length;
    }
    // The others are of a model that was used before.
    if (found < document.embedded) await db.transaction(org, 'system', (tx) => jobs.enqueue(tx, 'embed-document', id));
  }

  /** Stores the indexes that changed: those that are quiet now, or all. One round at a time. */
  #snapshot(which: 'quiet' | 'all'): Promise<void> {
    this.#round = this.#round.then(async () => {
      for (const [base, opening] of this.#loaded) {
        const loaded = await opening.catch(() => undefined);
        if (!loaded) continue;
        const { changes, seenChanges, savedChanges } = loaded;
        loaded.seenChanges = changes;
        if (changes !== savedChanges && (which === 'all' || changes === seenChanges)) await this.#save(base, opening, loaded);
      }
    });
    return this.#round;
  }

  async #save(base: KnowledgeBaseId, opening: Promise<Loaded>, loaded: Loaded): Promise<void> {
    const { blobs, embedder, log } = this.#ports;
    const { org, key, index, changes } = loaded;
    try {
      await blobs.remove({ org, id: base }); // what was deleted is not kept in a stale one
      if (index.passages >= SNAPSHOT_FROM)
        await writeSnapshot(blobs, { org, id: base, key }, embedder, { index, versions: versionsOf(loaded) });
      loaded.savedChanges = changes;
    } catch (error) {
      log.warn({ err: error, knowledge: base }, 'the search snapshot was not written');
    }
    if (this.#loaded.get(base) !== opening) this.#removeSnapshot(org, base); // deleted meanwhile
  }

  #removeSnapshot(org: OrgId, base: KnowledgeBaseId): void {
    // What cannot be removed now is unreadable: the key of the base is destroyed, or the next round replaces it.
    this.#ports.blobs.remove({ org, id: base }).catch(() => undefined);
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
