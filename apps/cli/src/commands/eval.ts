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
    const results = [];
    for (const { id, text } of queries) {
      screen.status(`${results.length + 1} of ${queries.length} queries`);
      const body = { text, limit: PASSAGES };
      const { hits, milliseconds } = await client.knowledge.search({ params: { org, workspace, knowledge }, body });
      const ranked = hits.map(({ documentName }) => parse(documentName).name);
      results.push({ ranked, milliseconds, relevance: judgements.get(id) ?? new Map<string, number>() });
    }
    const times = results.map(({ milliseconds }) => milliseconds);
    const value = {
      queries: results.length,
      ndcg10: rounded(mean(results.map(({ ranked, relevance }) => ndcgAt(10, ranked, relevance)))),
      recall10: rounded(mean(results.map(({ ranked, relevance }) => recallAt(10, ranked, relevance)))),
      mrr: rounded(mean(results.map(({ ranked, relevance }) => reciprocalRank(ranked, relevance)))),
      p50Ms: rounded(percentile(0.5, times)),
      p95Ms: rounded(percentile(0.95, times)),
    };
    return {
      value,
      text: Object.entries(value)
        .map(([name, measured]) => `${name.padEnd(9)} ${measured}`)
        .join('\n'),
    };
  },
});

async function readInput(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code})`);
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
