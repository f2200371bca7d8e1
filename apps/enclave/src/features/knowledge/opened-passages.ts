import type { DocumentId } from '@privexbot/contract';
import type { Passage } from './reading/passages.ts';
import type { DocumentRecord } from './store.ts';

export interface OpenedPassage {
  readonly document: DocumentId;
  readonly documentName: string;
  readonly passage: Passage;
}

const MAX_PASSAGES = 4_096;

/** Passages that were opened lately, kept so that those asked for often are not opened with every question. The oldest go first. */
export class OpenedPassages {
  readonly #kept = new Map<string, Passage>();

  /**
   * Opens hits, by `document/ordinal`.
   * @param read opens passages of one document from their rows
   */
  async open(
    documents: ReadonlyMap<DocumentId, DocumentRecord>,
    hits: readonly { document: string; ordinal: number }[],
    read: (document: DocumentRecord, ordinals: readonly number[]) => Promise<readonly Passage[]>,
  ): Promise<Map<string, OpenedPassage>> {
    const opened = new Map<string, OpenedPassage>();
    for (const [id, group] of Map.groupBy(hits, (hit) => hit.document)) {
      const document = documents.get(id as DocumentId);
      if (!document) continue;
      // With the version: a passage that was being opened while its document was replaced is not taken for one of the new.
      const nameOf = (ordinal: number) => `${id}/${document.content_version}/${ordinal}`;
      const missing = group.map(({ ordinal }) => ordinal).filter((ordinal) => !this.#kept.has(nameOf(ordinal)));
      const found = new Map(group.map(({ ordinal }) => [ordinal, this.#kept.get(nameOf(ordinal))]));
      for (const passage of missing.length ? await read(document, missing) : []) {
        found.set(passage.ordinal, passage);
        this.#keep(nameOf(passage.ordinal), passage);
      }
      for (const [ordinal, passage] of found)
        if (passage) opened.set(`${id}/${ordinal}`, { document: document.id, documentName: document.content.name, passage });
    }
    return opened;
  }

  forget(document: DocumentId): void {
    for (const name of this.#kept.keys()) if (name.startsWith(`${document}/`)) this.#kept.delete(name);
  }

  #keep(name: string, passage: Passage): void {
    if (this.#kept.size >= MAX_PASSAGES) this.#kept.delete(this.#kept.keys().next().value ?? '');
    this.#kept.set(name, passage);
  }
}
