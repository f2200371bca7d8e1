// Search in memory: its speed and recall over synthetic passages, and its quality on XQuAD and on the paraphrase set.

import { existsSync, readFileSync } from 'node:fs';
import { type Query, readJudgements, readQueries } from '../apps/cli/src/eval/judgements.ts';
import { mean, ndcgAt, percentile, recallAt } from '../apps/cli/src/eval/measures.ts';
import { KnowledgeIndex } from '../apps/enclave/src/features/knowledge/search/knowledge-index.ts';
import { sentenceTexts } from '../apps/enclave/src/features/knowledge/search/sentence-texts.ts';
import { quantise } from '../apps/enclave/src/providers/embeddings/embedder.ts';
import { openUseLite } from '../apps/enclave/src/providers/embeddings/use-lite.ts';
import type { Row } from './measure.ts';
import { createPassages } from './synthetic-passages.ts';

type Passage = { _id: string; title: string; text: string };

/** 'bench/paraphrases' is ours; XQuAD (CC BY-SA 4.0) is measured where it has been put beside the checkout. */
const SETS = [
  { name: 'XQuAD', folder: '../shared/retrieval-eval' },
  { name: 'paraphrases', folder: 'bench/paraphrases' },
];
const SIZES = [10_000, 100_000];
const QUERIES = 200;
const TOP = 10;

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, folder } of SETS) if (existsSync(`${folder}/corpus.jsonl`)) rows.push(...(await measureQuality(name, folder)));
  for (const passages of SIZES) rows.push(...measureSpeed(passages));
  return rows;
}

async function measureQuality(name: string, folder: string): Promise<Row[]> {
  const signal = new AbortController().signal;
  const embedder = openUseLite();
  const index = new KnowledgeIndex(embedder.dimensions);
  for (const line of readFileSync(`${folder}/corpus.jsonl`, 'utf8').split('\n').filter(Boolean)) {
    const { _id, title, text } = JSON.parse(line) as Passage;
    const passage = { ordinal: 0, title, text, headings: [] };
    index.add(_id, [passage]);
    const vectors = await embedder.embed(sentenceTexts(passage), signal);
    index.addVectors(_id, 0, Int8Array.from(vectors.flatMap((vector) => [...quantise(vector)])));
  }
  const queries = readQueries(readFileSync(`${folder}/queries.jsonl`, 'utf8'));
  const vectors = await embedder.embed(
    queries.map(({ text }) => text),
    signal,
  );
  await embedder.close();
  const relevance = readJudgements(readFileSync(`${folder}/qrels.tsv`, 'utf8'));
  const ndcg = (ask: (query: Query, vector: Float32Array) => { document: string }[]): number =>
    mean(
      queries.map((query, at) => {
        const ranked = ask(query, vectors[at] ?? new Float32Array(0)).map(({ document }) => document);
        return ndcgAt(TOP, ranked, relevance.get(query.id) ?? new Map());
      }),
    );
  return [
    { name: `${name}, BM25, nDCG@10`, value: ndcg(({ text }) => index.search({ text, limit: TOP })), unit: '' },
    { name: `${name}, vectors, nDCG@10`, value: ndcg((_, vector) => index.search({ text: '', vector, limit: TOP })), unit: '' },
    { name: `${name}, fused, nDCG@10`, value: ndcg(({ text }, vector) => index.search({ text, vector, limit: TOP })), unit: '' },
  ];
}

function measureSpeed(passages: number): Row[] {
  const made = createPassages(passages);
  const index = new KnowledgeIndex(made.dimensions);
  const exact = new KnowledgeIndex(made.dimensions, { exactRows: Number.POSITIVE_INFINITY });
  let indexingMs = 0;
  for (let number = 0; number < passages; number++) {
    const { text, vectors } = made.passage(number);
    const started = performance.now();
    index.add(String(number), [{ ordinal: 0, title: '', headings: [], text }]);
    index.addVectors(String(number), 0, vectors);
    indexingMs += performance.now() - started;
    exact.add(String(number), [{ ordinal: 0, title: '', headings: [], text }]);
    exact.addVectors(String(number), 0, vectors);
  }
  const questions = Array.from({ length: QUERIES }, () => made.question());
  const answers = questions.map((question) => {
    const started = performance.now();
    const hits = index.search({ ...question, limit: TOP });
    return { ms: performance.now() - started, found: hits.map(({ document }) => document) };
  });
  const recalls = questions.map((question, at) => {
    const expected = exact.search({ ...question, limit: TOP }).map(({ document }) => [document, 1] as const);
    return recallAt(TOP, answers[at]?.found ?? [], new Map(expected));
  });
  const times = answers.map(({ ms }) => ms);
  const size = `${passages / 1000}k passages`;
  return [
    { name: `hybrid search, ${size}, p50`, value: percentile(0.5, times), unit: 'ms' },
    { name: `hybrid search, ${size}, p95`, value: percentile(0.95, times), unit: 'ms' },
    { name: `hybrid search, ${size}, recall@10 of exact`, value: mean(recalls), unit: '' },
    { name: `hybrid search, ${size}, memory`, value: index.bytes / 1e6, unit: 'MB' },
    { name: `indexing, ${size}, vectors given`, value: passages / (indexingMs / 1000), unit: 'passages/s' },
  ];
}
