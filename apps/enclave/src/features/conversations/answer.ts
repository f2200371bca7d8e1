import { randomBytes } from 'node:crypto';
import type { DocumentId, KnowledgeBaseId, OrgId } from '@privexbot/contract';
import {
  type AnswerEvent,
  type AnswerRequest,
  type Flow,
  FlowError,
  type Ports as FlowPorts,
  type Passage,
  runFlow,
} from '@privexbot/flow';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Model } from '../../providers/models/model.ts';
import { type FoundPassage, findPassages, groundedAnswer, type Knowledge } from '../knowledge/index.ts';
import type { Choice, Models } from '../models/index.ts';
import { citeWritten, keepTrue } from './citations.ts';
import type { HistoryTurn } from './history.ts';
import { buildMessages, UNSURE } from './prompt.ts';
import type { StoredCitation } from './store.ts';

export type Ports = Context & { readonly models: Models; readonly knowledge: Knowledge };

export interface Question {
  readonly org: OrgId;
  readonly flow: Flow;
  readonly question: string;
  readonly history: readonly HistoryTurn[];
}

/** What came of a question, growing while the answer streams; complete once the stream has ended. */
export interface Answer {
  text: string;
  citations: StoredCitation[];
  outcome: 'answered' | 'unsure';
  model: string;
  tokens: { input: number; output: number };
  modelCalls: number;
  embedded: number;
}

export function newAnswer(): Answer {
  return { text: '', citations: [], outcome: 'answered', model: '', tokens: { input: 0, output: 0 }, modelCalls: 0, embedded: 0 };
}

const DEFAULT_CONTEXT_TOKENS = 8_192;

const clock: FlowPorts['clock'] = {
  now: () => performance.now(),
  after(ms, callBack) {
    const timer = setTimeout(callBack, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs a bot's flow for a question. Yields pieces of text as they come and fills in `answer`. */
export async function* runAnswer(ports: Ports, asked: Question, answer: Answer, signal: AbortSignal): AsyncGenerator<string> {
  const found = new Map<string, FoundPassage>();
  let questionVector: Float32Array | undefined;
  const flowPorts: FlowPorts = {
    clock,
    async search({ question, knowledgeBases, limit, minimumScore }, searchSignal) {
      const result = await findPassages(
        { ...ports, indexes: ports.knowledge.indexes },
        asked.org,
        knowledgeBases as KnowledgeBaseId[],
        question,
        limit,
        searchSignal,
      );
      questionVector = result.questionVector;
      answer.embedded += result.embedded;
      return result.passages.filter(({ score }) => score >= minimumScore).map((passage) => remember(found, passage));
    },
    async *answer(request, answerSignal) {
      const model = await ports.models.find(asked.org, request.model as Choice);
      answer.model = request.model;
      if (model) answer.modelCalls++;
      yield* model ? write(model, request, answerSignal) : quote(request, found, questionVector);
    },
  };
  try {
    for await (const event of runFlow(asked.flow, { question: asked.question, history: asked.history }, flowPorts, { signal })) {
      if (event.type === 'text') {
        answer.text += event.text;
        yield event.text;
      } else if (event.type === 'citations') answer.citations = event.citations.map((citation) => toStored(citation, found));
      else if (event.type === 'usage') {
        answer.tokens.input += event.inputTokens;
        answer.tokens.output += event.outputTokens;
      } else if (event.type === 'done') answer.outcome = event.outcome;
    }
  } catch (error) {
    // What the node's port threw says what to do; that a flow ran around it does not.
    throw error instanceof FlowError && error.cause ? error.cause : error;
  }
}

function remember(found: Map<string, FoundPassage>, hit: FoundPassage): Passage {
  const { passage } = hit;
  const id = `${hit.document}/${passage.ordinal}`;
  found.set(id, hit);
  const { ordinal, text, headings, page } = passage;
  return {
    id,
    document: hit.document,
    documentTitle: hit.documentName,
    ordinal,
    text,
    headings,
    score: hit.score,
    ...(page ? { page } : {}),
  };
}

function toStored(
  { number, passage, quote, start, end }: Parameters<typeof keepTrue>[0][number],
  found: Map<string, FoundPassage>,
): StoredCitation {
  const knowledge = found.get(passage.id)?.knowledge;
  if (!knowledge) throw new AppError('internal');
  return {
    number,
    quote,
    start,
    end,
    knowledge,
    document: passage.document as DocumentId,
    documentName: passage.documentTitle,
    passage: passage.ordinal,
    headings: [...passage.headings],
    ...(passage.page ? { page: passage.page } : {}),
  };
}

/** Without a language model: up to three sentences of the documents, or the admission that they hold no answer. */
async function* quote(
  request: AnswerRequest,
  found: Map<string, FoundPassage>,
  questionVector: Float32Array | undefined,
): AsyncGenerator<AnswerEvent> {
  const { abstain, quotes } = groundedAnswer({
    question: request.question,
    ...(questionVector ? { questionVector } : {}),
    passages: request.passages.map(({ id, documentTitle, text, headings }) => {
      const vectors = found.get(id)?.sentenceVectors;
      return { id, title: documentTitle, text, headings: [...headings], ...(vectors?.length ? { sentenceVectors: vectors } : {}) };
    }),
  });
  const citations = quotes.flatMap(({ passage: id, start, end }, index) => {
    const passage = request.passages.find((one) => one.id === id);
    return passage ? [{ number: index + 1, passage, quote: passage.text.slice(start, end), start, end }] : [];
  });
  const shown = abstain ? [] : keepTrue(citations);
  if (shown.length === 0) {
    yield { type: 'text', text: request.whenUnsure || UNSURE };
    yield { type: 'outcome', outcome: 'unsure' };
    return;
  }
  for (const [index, citation] of shown.entries())
    yield { type: 'text', text: `${index ? '\n\n' : ''}“${citation.quote.replace(/\s+/g, ' ')}” [${citation.number}]` };
  yield { type: 'citations', citations: shown };
  yield { type: 'outcome', outcome: 'answered' };
}

/** With a language model: its words as they come, then the sources that hold. */
async function* write(model: Model, request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const messages = buildMessages(request, model.contextTokens ?? DEFAULT_CONTEXT_TOKENS, `----${randomBytes(9).toString('base64url')}`);
  let text = '';
  for await (const event of model.stream(
    { messages, maxOutputTokens: request.maxOutputTokens, temperature: request.temperature },
    signal,
  )) {
    if (event.type === 'text') {
      text += event.text;
      yield event;
    } else if (event.type === 'usage') yield { type: 'usage', inputTokens: event.inputTokens, outputTokens: event.outputTokens };
  }
  if (!text) throw new AppError('model_bad_answer');
  yield { type: 'citations', citations: keepTrue(citeWritten(text, request.passages)) };
  yield { type: 'outcome', outcome: text.includes(request.whenUnsure || UNSURE) ? 'unsure' : 'answered' };
}
