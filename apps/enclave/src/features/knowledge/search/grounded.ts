// Answers without a language model: sentences of the documents that answer the question, or the admission that none does. Documents are
// only ever quoted, so what a document says to a model has no effect here.

import { splitSentences } from '../sentences.ts';
import { answerTest, namesAndNumbers } from './answer-kind.ts';
import { STOP_WORDS, stem } from './stem.ts';
import { eachWord } from './tokenize.ts';

/** Weights and threshold were fitted on XQuAD and bench/paraphrases; bench/README.md gives what they reach and where they fail. */
const WORDS_WEIGHT = 0.35;
/** Without vectors words stand alone. */
const WORDS_ALONE_WEIGHT = 0.6;
const KIND_WEIGHT = 0.1;
/** For a passage that lacks a name or a number of the question. */
const MISSING_NAME_WEIGHT = 0.2;
const THRESHOLD = 0.28;
/** How quickly confidence rises with the distance from the threshold. */
const STEEPNESS = 10;
const MAX_QUOTES = 3;
/** A further sentence is quoted only if it is nearly as good as the best. */
const QUOTE_MARGIN = 0.2;
/** From so many sentences on, their median cosine is taken for what the model gives to unrelated texts. */
const ENOUGH_FOR_BACKGROUND = 8;
const USUAL_BACKGROUND = 0.25;
/** Shorter ones are headings, numbers of pages and the like. */
const SHORTEST_QUOTE = 12;
/** Documents ask too, in lists of questions and answers; a question is no answer. */
const QUESTION = /[?？؟]["'”’)\]*_]*$/;
const MAX_QUESTION_LENGTH = 10_000;

export type GroundedQuestion = {
  question: string;
  questionVector?: Float32Array;
  /** Passages in which an answer may be, best first. `sentenceVectors` are those of `splitSentences`, one after the other. */
  passages: readonly {
    id: string;
    title: string;
    text: string;
    headings: readonly string[];
    sentenceVectors?: Int8Array;
  }[];
};

export type GroundedAnswer = {
  /** Whether to say that the documents do not answer the question; there are no quotes then. */
  abstain: boolean;
  /** 0 to 1; 0.5 is where abstaining ends. */
  confidence: number;
  /** Up to three sentences, best first, as offsets into the texts of their passages. */
  quotes: { passage: string; start: number; end: number }[];
};

type Sentence = {
  passage: string;
  start: number;
  end: number;
  text: string;
  words: Set<string>;
  cosine: number | undefined;
  lacksName: boolean;
};

/** Picks the sentences that answer a question, by their meaning, their words and their form. */
export function groundedAnswer({ question, questionVector, passages }: GroundedQuestion): GroundedAnswer {
  const asked = question.slice(0, MAX_QUESTION_LENGTH);
  const names = wordsOf(namesAndNumbers(asked).join(' '));
  const sentences = passages.flatMap((passage) => toSentences(passage, names, questionVector));
  const coverage = coverageOf(wordsOf(asked), sentences);
  const fits = answerTest(asked);
  const background = backgroundOf(sentences);
  const scored = sentences
    .map((sentence) => {
      const covered = coverage(sentence);
      const meaning = sentence.cosine === undefined ? undefined : (sentence.cosine - background) / (1 - background);
      const relevance = meaning === undefined ? WORDS_ALONE_WEIGHT * covered : meaning + WORDS_WEIGHT * covered;
      const form = (fits(sentence.text) ? KIND_WEIGHT : 0) - (sentence.lacksName ? MISSING_NAME_WEIGHT : 0);
      return { sentence, score: relevance + form };
    })
    .sort((a, b) => b.score - a.score);
  const best = scored[0]?.score ?? Number.NEGATIVE_INFINITY;
  const confidence = 1 / (1 + Math.exp(STEEPNESS * (THRESHOLD - best)));
  if (best < THRESHOLD) return { abstain: true, confidence, quotes: [] };
  const quoted = new Map<string, Sentence>();
  for (const { sentence, score } of scored) {
    if (quoted.size === MAX_QUOTES || score < Math.max(THRESHOLD, best - QUOTE_MARGIN)) break;
    if (!quoted.has(sentence.text)) quoted.set(sentence.text, sentence);
  }
  return { abstain: false, confidence, quotes: Array.from(quoted.values(), ({ passage, start, end }) => ({ passage, start, end })) };
}

function toSentences(
  { id, title, text, headings, sentenceVectors }: GroundedQuestion['passages'][number],
  names: ReadonlySet<string>,
  question?: Float32Array,
): Sentence[] {
  const spans = splitSentences(text);
  const dimensions = (sentenceVectors?.length ?? 0) / spans.length;
  const hasVectors = question !== undefined && dimensions === question.length;
  const labels = new Set([title, ...headings].map(toLabel));
  const lacksName = !names.isSubsetOf(wordsOf([title, ...headings, text].join('\n')));
  return spans.flatMap(({ start, end }, at) => {
    const whole = text.slice(start, end);
    const from = start + whole.length - whole.trimStart().length;
    const quote = whole.trim();
    if (quote.length < SHORTEST_QUOTE || QUESTION.test(quote) || labels.has(toLabel(quote))) return [];
    const vector = hasVectors ? sentenceVectors?.subarray(at * dimensions, (at + 1) * dimensions) : undefined;
    const cosine = vector && question && cosineOf(vector, question);
    return [{ passage: id, start: from, end: from + quote.length, text: quote, words: wordsOf(quote), cosine, lacksName }];
  });
}

/** A heading as it may stand in the text, without its marks. */
function toLabel(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  eachWord(text, 'question', (word) => {
    if (!STOP_WORDS.has(word)) words.add(stem(word));
  });
  return words;
}

/** The share of the question's words that a sentence holds, rare words counting more. */
function coverageOf(question: ReadonlySet<string>, sentences: readonly Sentence[]): (sentence: Sentence) => number {
  const weights = new Map(
    Array.from(question, (word) => {
      const holders = sentences.filter(({ words }) => words.has(word)).length;
      return [word, Math.log(1 + sentences.length / (1 + holders))] as const;
    }),
  );
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return ({ words }) => {
    let covered = 0;
    for (const [word, weight] of weights) if (words.has(word)) covered += weight;
    return total === 0 ? 0 : covered / total;
  };
}

function backgroundOf(sentences: readonly Sentence[]): number {
  const cosines = sentences.flatMap(({ cosine }) => (cosine === undefined ? [] : [cosine])).sort((a, b) => a - b);
  const median = cosines[Math.floor(cosines.length / 2)] ?? 0;
  return cosines.length < ENOUGH_FOR_BACKGROUND ? Math.min(USUAL_BACKGROUND, median) : Math.max(0, median);
}

function cosineOf(vector: Int8Array, question: Float32Array): number {
  let product = 0;
  let squares = 0;
  let questionSquares = 0;
  for (let i = 0; i < vector.length; i++) {
    const a = vector[i] ?? 0;
    const b = question[i] ?? 0;
    product += a * b;
    squares += a * a;
    questionSquares += b * b;
  }
  const lengths = Math.sqrt(squares * questionSquares);
  return lengths > 0 ? product / lengths : 0;
}
