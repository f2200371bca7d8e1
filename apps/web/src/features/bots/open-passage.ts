import type { Citation } from '@privexbot/contract';
import type { OpenedPassage } from '@privexbot/ui/chat/PassageView.tsx';
import { api, toFailure } from '../../api.ts';
import type { Place } from '../../queries.ts';

/** Opens a cited passage with its neighbours. A citation names its document only, so the bot's knowledge bases are tried in turn. */
export async function openPassage(place: Place, bases: readonly string[], citation: Citation): Promise<OpenedPassage> {
  const client = await api();
  let refused: unknown;
  for (const knowledge of bases) {
    const params = { ...place, knowledge, document: citation.document };
    try {
      const from = Math.max(0, citation.passage - 1);
      const { items } = await client.knowledge.passages({ params, query: { from, limit: citation.passage - from + 2 } });
      const at = items.findIndex((item) => item.ordinal === citation.passage);
      const { documentName, headings, page, start, end } = citation;
      return {
        documentName,
        headings,
        ...(page === undefined ? {} : { page }),
        start,
        end,
        before: items[at - 1]?.text ?? '',
        passage: items[at]?.text ?? '',
        after: items[at + 1]?.text ?? '',
      };
    } catch (error) {
      refused = error;
      if (toFailure(error).code !== 'not_found') break;
    }
  }
  throw refused;
}
