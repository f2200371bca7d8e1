import { readFile } from 'node:fs/promises';
import { parse } from 'node:path';
import { command, UsageError } from '../command.ts';
import { readJudgements, readQueries } from '../eval/judgements.ts';
import { mean, ndcgAt, percentile, recallAt, reciprocalRank } from '../eval/measures.ts';
import { toId } from '../ids.ts';

/** Several passages may be of one document: this many usually hold ten documents. */
const PASSAGES = 50;

export const evaluate = command({
  words: 'eval',
  summary: 'Measure how well a knowledge base is searched',
  takes: ['KB'],
  options: {
    queries: { type: 'string', value: 'F', required: true, help: 'JSON lines of {"_id", "text"}' },
    qrels: { type: 'string', value: 'F', required: true, help: 'Tab-separated query-id, corpus-id (a file name without extension), score' },
  },
  async run({ values, args: [given = ''], screen, connect }) {
    const knowledge = toId('knowledgeBase', given);
    const judgements = readJudgements(await readInput(values.qrels));
    const queries = readQueries(await readInput(values.queries)).filter(({ id }) => judgements.has(id));
    if (queries.length === 0) throw new UsageError('no query has a judgement: the ids of the two files do not meet');
    const { client, org, workspace } = await connect();
    const ranked: Record<RankBy, Ranked[]> = { words: [], meaning: [], score: [] };
    const times: number[] = [];
    for (const { id, text } of queries) {
      screen.status(`${times.length + 1} of ${queries.length} queries`);
      for (const rankBy of ['words', 'meaning', 'score'] as const) {
        const body = { text, limit: PASSAGES, rankBy };
        const { hits, milliseconds } = await client.knowledge.search({ params: { org, workspace, knowledge }, body });
        const documents = hits.map(({ documentName }) => parse(documentName).name);
        ranked[rankBy].push({ documents, relevance: judgements.get(id) ?? new Map() });
        if (rankBy === 'score') times.push(milliseconds);
      }
    }
    const [words, meaning, fused] = [measure(ranked.words), measure(ranked.meaning), measure(ranked.score)];
    const value = {
      queries: times.length,
      ...fused,
      p50Ms: rounded(percentile(0.5, times)),
      p95Ms: rounded(percentile(0.95, times)),
      words,
      meaning,
    };
    const rows = [
      ['', 'nDCG@10', 'recall@10', 'MRR'],
      ...[['words (BM25)', words] as const, ['meaning (vectors)', meaning] as const, ['both, fused', fused] as const].map(
        ([name, { ndcg10, recall10, mrr }]) => [name, ...[ndcg10, recall10, mrr].map((measured) => measured.toFixed(4))],
      ),
    ];
    const table = rows.map(([name = '', ...cells]) => name.padEnd(18) + cells.map((cell) => cell.padStart(10)).join(''));
    return {
      value,
      text: [...table, '', `${value.queries} queries, ${value.p50Ms} ms at the median, ${value.p95Ms} ms at the 95th percentile`].join(
        '\n',
      ),
    };
  },
});

type RankBy = 'score' | 'words' | 'meaning';
type Ranked = { readonly documents: readonly string[]; readonly relevance: ReadonlyMap<string, number> };

function measure(results: readonly Ranked[]) {
  return {
    ndcg10: rounded(mean(results.map(({ documents, relevance }) => ndcgAt(10, documents, relevance)))),
    recall10: rounded(mean(results.map(({ documents, relevance }) => recallAt(10, documents, relevance)))),
    mrr: rounded(mean(results.map(({ documents, relevance }) => reciprocalRank(documents, relevance)))),
  };
}

async function readInput(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code})`);
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
