import type { DocumentId, KnowledgeBaseId, OrgId, UserId } from '@privexbot/contract';
import {
  type AnswerEvent,
  type AnswerRequest,
  type Citation,
  type Flow,
  FlowError,
  type Ports as FlowPorts,
  type Passage,
  runFlow,
} from '@privexbot/flow';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { estimateTokens, type Model } from '../../providers/models/model.ts';
import { randomBytes } from '../../random.ts';
import { type FoundPassage, findPassages, groundedAnswer, type Knowledge } from '../knowledge/index.ts';
import { type Choice, DEFAULT_CONTEXT_TOKENS, type Models } from '../models/index.ts';
import type { Meter, Spending } from '../usage/index.ts';
import { citeWritten } from './citations.ts';
import type { HistoryTurn } from './history.ts';
import { buildMessages, UNSURE } from './prompt.ts';
import type { StoredCitation } from './store.ts';

export type Ports = Context & { readonly models: Models; readonly knowledge: Knowledge; readonly meter: Meter };

export interface Question {
  readonly org: OrgId;
  /** Whose rights and limits count; absent for visitors. */
  readonly user: UserId | undefined;
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
  /** Of its calls, until they are counted. */
  readonly spending: Spending[];
}

export function newAnswer(): Answer {
  return {
    text: '',
    citations: [],
    outcome: 'answered',
    model: '',
    tokens: { input: 0, output: 0 },
    modelCalls: 0,
    embedded: 0,
    spending: [],
  };
}

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
        asked,
        knowledgeBases as KnowledgeBaseId[],
        question,
        { limit },
        searchSignal,
      );
      questionVector = result.questionVector;
      answer.embedded += result.embedded;
      if (result.spending) answer.spending.push(result.spending);
      return result.passages.filter(({ score }) => score >= minimumScore).map((passage) => remember(found, passage));
    },
    async *answer(request, answerSignal) {
      const model = await ports.models.find(asked.org, request.model as Choice);
      const tokens = model ? request.maxOutputTokens : 0;
      answer.spending.push(await ports.meter.admit(asked, { model: request.model, tokens }));
      answer.model = request.model;
      yield* model ? write(model, request, answer, answerSignal) : quote(request, found, questionVector);
    },
  };
  try {
    for await (const event of runFlow(asked.flow, { question: asked.question, history: asked.history }, flowPorts, { signal })) {
      if (event.type === 'text') {
        answer.text += event.text;
        yield event.text;
      } else if (event.type === 'citations') answer.citations = event.citations.map((citation) => toStored(citation, found));
      else if (event.type === 'done') answer.outcome = event.outcome;
    }
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    // What the node's port threw says what to do; that a flow ran around it does not.
    throw error.cause ?? (error.code === 'too_slow' ? new AppError('model_timeout', {}, { cause: error }) : error);
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

function toStored({ number, passage, quote, start, end }: Citation, found: Map<string, FoundPassage>): StoredCitation {
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
  if (abstain || citations.length === 0) {
    yield { type: 'text', text: request.whenUnsure || UNSURE };
    yield { type: 'outcome', outcome: 'unsure' };
    return;
  }
  for (const [index, citation] of citations.entries())
    yield { type: 'text', text: `${index ? '\n\n' : ''}“${citation.quote.replace(/\s+/g, ' ')}” [${citation.number}]` };
  yield { type: 'citations', citations };
  yield { type: 'outcome', outcome: 'answered' };
}

/** With a language model: its words as they come, then the sources that hold. */
async function* write(model: Model, request: AnswerRequest, answer: Answer, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const messages = buildMessages(request, model.contextTokens ?? DEFAULT_CONTEXT_TOKENS, `----${randomBytes(9).toString('base64url')}`);
  const { maxOutputTokens, temperature, passages, whenUnsure } = request;
  const count = countCall(
    answer,
    messages.reduce((sum, { content }) => sum + estimateTokens(content), 0),
  );
  let text = '';
  for await (const event of model.stream({ messages, maxOutputTokens, temperature }, signal)) {
    if (event.type === 'text') {
      text += event.text;
      count(undefined, estimateTokens(text));
      yield event;
    } else if (event.type === 'usage') {
      count(event.inputTokens, event.outputTokens);
      yield { type: 'usage', inputTokens: event.inputTokens, outputTokens: event.outputTokens };
    }
  }
  if (!text) throw new AppError('model_bad_answer');
  yield { type: 'citations', citations: citeWritten(text, passages) };
  yield { type: 'outcome', outcome: text.includes(whenUnsure || UNSURE) ? 'unsure' : 'answered' };
}

/**
 * Counts what one call of a model has used so far, from its first word on: by estimate, until the model says itself.
 * So it stands in the answer however the call ends; one that was refused or never answered counts nothing.
 */
function countCall(answer: Answer, estimatedInput: number): (input: number | undefined, output: number) => void {
  const counted = { calls: 0, input: 0, output: 0 };
  return (input = estimatedInput, output) => {
    answer.modelCalls += 1 - counted.calls;
    answer.tokens.input += input - counted.input;
    answer.tokens.output += output - counted.output;
    Object.assign(counted, { calls: 1, input, output });
  };
}
