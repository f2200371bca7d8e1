import type { DocumentId } from '@privexbot/contract';
import type { Passage } from './reading/passages.ts';
import type { DocumentRecord } from './store.ts';

export interface OpenedPassage {
  readonly document: DocumentId;
  readonly documentName: string;
  readonly passage: Passage;
}

export interface Wanted {
  readonly document: DocumentRecord;
  readonly ordinals: readonly number[];
}

const MAX_PASSAGES = 4_096;

/** Passages that were opened lately, kept so that those asked for often are not opened with every question. The oldest go first. */
export class OpenedPassages {
  readonly #kept = new Map<string, Passage>();

  /**
   * Opens hits, by `document/ordinal`.
   * @param read opens passages from their rows: a list for each document that is asked for, in that order
   */
  async open(
    documents: ReadonlyMap<DocumentId, DocumentRecord>,
    hits: readonly { document: string; ordinal: number }[],
    read: (wanted: readonly Wanted[]) => Promise<readonly (readonly Passage[])[]>,
  ): Promise<Map<string, OpenedPassage>> {
    const opened = new Map<string, OpenedPassage>();
    const missing: Wanted[] = [];
    for (const [id, group] of Map.groupBy(hits, (hit) => hit.document)) {
      const document = documents.get(id as DocumentId);
      if (!document) continue;
      const ordinals: number[] = [];
      for (const { ordinal } of group) {
        const passage = this.#kept.get(nameOf(document, ordinal));
        if (passage) opened.set(`${id}/${ordinal}`, toOpened(document, passage));
        else ordinals.push(ordinal);
      }
      if (ordinals.length) missing.push({ document, ordinals });
    }
    const found = missing.length ? await read(missing) : [];
    for (const [at, { document }] of missing.entries())
      for (const passage of found[at] ?? []) {
        opened.set(`${document.id}/${passage.ordinal}`, toOpened(document, passage));
        this.#keep(nameOf(document, passage.ordinal), passage);
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

/** With the version: a passage that was being opened while its document was replaced is not taken for one of the new. */
function nameOf({ id, content_version }: DocumentRecord, ordinal: number): string {
  return `${id}/${content_version}/${ordinal}`;
}

function toOpened({ id, content }: DocumentRecord, passage: Passage): OpenedPassage {
  return { document: id, documentName: content.name, passage };
}
