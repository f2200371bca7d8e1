import type { Citation, Passage } from '@privexbot/flow';
import { splitSentences } from '../knowledge/index.ts';

const MARK = /\[(\d{1,2})\]/g;
const LEADING_MARKS = /^(?:\s*\[\d{1,2}\])+/;
/** Of a statement's words, how many must stand in the sentence that is shown as its source. */
const LEAST_OVERLAP = 0.34;
const WORD = /[\p{L}\p{N}]+/gu;

/**
 * The sources of a written answer: for each statement that names a passage, the sentence of that passage that supports
 * it best. A statement whose passage does not support it gets no citation. Quotes are cut from the passage, and the flow looks once more whether they stand in it.
 */
export function citeWritten(answer: string, passages: readonly Passage[]): Citation[] {
  const citations = new Map<number, Citation>();
  for (const statement of statementsOf(answer)) {
    for (const [, digits] of statement.matchAll(MARK)) {
      const number = Number(digits);
      const passage = passages[number - 1];
      const span = passage && !citations.has(number) && bestSentence(statement, passage.text);
      if (span) citations.set(number, { number, passage, quote: passage.text.slice(span.start, span.end), ...span });
    }
  }
  return [...citations.values()].sort((a, b) => a.number - b.number);
}

/** The sentences of an answer, each with the marks that follow its full stop: "It is so. [1] Also this." */
function statementsOf(answer: string): string[] {
  const statements: string[] = [];
  for (const { start, end } of splitSentences(answer)) {
    const sentence = answer.slice(start, end);
    const [marks = ''] = LEADING_MARKS.exec(sentence) ?? [];
    if (marks && statements.length) statements.push(statements.pop() + marks);
    statements.push(statements.length ? sentence.slice(marks.length) : sentence);
  }
  return statements;
}

function bestSentence(statement: string, text: string): { start: number; end: number } | undefined {
  const wanted = wordsOf(statement.replace(MARK, ' '));
  if (wanted.size === 0) return undefined;
  let best: { start: number; end: number } | undefined;
  let bestOverlap = LEAST_OVERLAP;
  for (const { start, end } of splitSentences(text)) {
    const there = wordsOf(text.slice(start, end));
    const overlap = [...wanted].filter((word) => there.has(word)).length / wanted.size;
    if (overlap < bestOverlap) continue;
    bestOverlap = overlap;
    best = trim(text, start, end);
  }
  return best;
}

function wordsOf(text: string): Set<string> {
  return new Set(Array.from(text.toLowerCase().matchAll(WORD), ([word]) => word).filter((word) => word.length > 2));
}

function trim(text: string, start: number, end: number): { start: number; end: number } {
  const sentence = text.slice(start, end);
  return { start: start + (sentence.length - sentence.trimStart().length), end: end - (sentence.length - sentence.trimEnd().length) };
}
