// The files of a retrieval test, in the format of the BEIR collections.
import * as z from 'zod';
import { UsageError } from '../command.ts';
import type { Relevance } from './measures.ts';

export interface Query {
  readonly id: string;
  readonly text: string;
}

const Line = z.object({ _id: z.string().min(1), text: z.string().min(1) });

/** Reads `{"_id", "text"}` a line. @throws UsageError naming the first bad line */
export function readQueries(content: string): Query[] {
  return lines(content).map(({ line, number }) => {
    try {
      const { _id: id, text } = Line.parse(JSON.parse(line));
      return { id, text };
    } catch {
      throw new UsageError(`line ${number} of the queries is not {"_id": "...", "text": "..."}`);
    }
  });
}

/** Reads `query-id <tab> corpus-id <tab> score` a line, after a line of headings if there is one. @throws UsageError naming the first bad line */
export function readJudgements(content: string): Map<string, Relevance> {
  const judgements = new Map<string, Map<string, number>>();
  for (const { line, number } of lines(content)) {
    const [query, document, score, ...more] = line.split('\t');
    const grade = Number(score);
    if (number === 1 && query === 'query-id') continue;
    if (!query || !document || !score || !Number.isFinite(grade) || more.length)
      throw new UsageError(`line ${number} of the judgements is not: query-id, tab, corpus-id, tab, score`);
    judgements.set(query, (judgements.get(query) ?? new Map<string, number>()).set(document, grade));
  }
  return judgements;
}

function lines(content: string): { line: string; number: number }[] {
  return content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim());
}
