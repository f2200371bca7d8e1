import type { Citation, KnowledgeBaseId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { findDocument, readPassages, requireBase } from './store.ts';

/**
 * A cited passage with its neighbours, for the view that highlights the quote.
 * @throws AppError `not_found` if the source was removed, or no longer holds the quote
 */
export async function readCitedPassage(
  { db, keyring }: Pick<Context, 'db' | 'keyring'>,
  org: OrgId,
  base: KnowledgeBaseId,
  citation: Citation,
) {
  return db.transaction(org, 'system', async (tx) => {
    const { data_key } = await requireBase(tx, await db.key(tx), base);
    const key = await keyring.data(tx.keys, org, data_key);
    const document = await findDocument(tx, key, base, citation.document);
    if (!document) throw new AppError('not_found');
    const from = Math.max(0, citation.passage - 1);
    const around = await readPassages(tx, key, document, { from, limit: 3 });
    const passage = around.find(({ ordinal }) => ordinal === citation.passage);
    if (passage?.text.slice(citation.start, citation.end) !== citation.quote) throw new AppError('not_found');
    const textAt = (ordinal: number) => around.find((one) => one.ordinal === ordinal)?.text ?? '';
    return {
      documentName: document.content.name,
      headings: passage.headings,
      ...(passage.page ? { page: passage.page } : {}),
      before: textAt(citation.passage - 1),
      passage: passage.text,
      after: textAt(citation.passage + 1),
      start: citation.start,
      end: citation.end,
    };
  });
}
