import { type AnswerEvent, LIMITS } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import { errorBody } from '../../http/errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import type { LiveBot } from '../bots/index.ts';
import { answerTurn, cleanQuestion, newThread, type Ports } from '../conversations/index.ts';

interface ChatRequest {
  readonly messages: readonly { role: string; content?: string | readonly { type: 'text'; text: string }[] | null | undefined }[];
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { include_usage?: boolean | undefined } | null | undefined;
}

type Done = Extract<AnswerEvent, { type: 'done' }>;

const encoder = new TextEncoder();

/**
 * Answers like OpenAI's chat completions. The caller's system messages are left out: the bot's own instructions hold.
 * Citations, outcome and version stand in the extension field `privexbot`, on the message or on the last chunk.
 */
export async function completeChat(ports: Ports, scope: OrgScope, live: LiveBot, request: ChatRequest): Promise<Response> {
  const { question, history } = toQuestion(request.messages);
  const { org, bot, flow, version } = live;
  const thread = newThread(ports, { org, bot, channel: 'api', user: scope.user });
  const events = answerTurn(
    ports,
    { org, user: scope.user, flow, version, question, history, parent: null, thread, actor: scope.actor, caller: scope.actor },
    scope.signal,
  );
  const head = { id: `chatcmpl-${scope.requestId}`, created: Math.floor(ports.now().getTime() / 1000), model: bot };
  return request.stream ? streamed(await begin(events), head, request.stream_options?.include_usage ?? false, scope) : whole(events, head);
}

interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

async function whole(events: AsyncIterable<AnswerEvent>, head: Head): Promise<Response> {
  let content = '';
  let done: Done | undefined;
  for await (const event of events) {
    if (event.type === 'text') content += event.text;
    else if (event.type === 'done') done = event;
  }
  const message = { role: 'assistant', content, refusal: null, privexbot: extension(done) };
  return Response.json({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
    usage: usageOf(done),
  });
}

/** Waits for the first piece: what cannot begin is refused with its status instead of within a stream. */
async function begin(events: AsyncGenerator<AnswerEvent>): Promise<AsyncGenerator<AnswerEvent>> {
  const early: AnswerEvent[] = [];
  while (!early.some(({ type }) => type !== 'started')) {
    const { done, value } = await events.next();
    if (done) break;
    early.push(value);
  }
  return (async function* () {
    try {
      yield* early;
      yield* events;
    } finally {
      await events.return(undefined); // also where the reader leaves before the second piece
    }
  })();
}

function streamed(events: AsyncGenerator<AnswerEvent>, head: Head, includeUsage: boolean, scope: OrgScope): Response {
  const chunk = (delta: object, finish: string | null, more: object = {}) =>
    frame({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }], ...more });
  async function* frames(): AsyncGenerator<Uint8Array> {
    try {
      yield chunk({ role: 'assistant', content: '' }, null);
      for await (const event of events) {
        if (event.type === 'text') yield chunk({ content: event.text }, null);
        else if (event.type === 'done') {
          yield chunk({}, 'stop', { privexbot: extension(event) });
          if (includeUsage) yield frame({ ...head, object: 'chat.completion.chunk', choices: [], usage: usageOf(event) });
        }
      }
      yield encoder.encode('data: [DONE]\n\n');
    } catch (error) {
      yield frame(errorBody(await scope.fail(error), scope.requestId));
    }
  }
  return new Response(ReadableStream.from(frames()) as ReadableStream<Uint8Array>, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
  });
}

function toQuestion(messages: ChatRequest['messages']) {
  const said = messages
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map(({ role, content }) => ({ role, text: textOf(content) }));
  const last = said.pop();
  if (last?.role !== 'user') throw new AppError('question_empty');
  if (last.text.length > LIMITS.questionLength)
    throw new AppError('bad_request', {
      problem: `messages: the last one is longer than ${LIMITS.questionLength} characters`,
      field: 'messages',
    });
  const history: { question: string; answer: string }[] = [];
  for (const { role, text } of said) {
    const turn = history.at(-1);
    if (role === 'user') history.push({ question: text, answer: '' });
    else if (turn) turn.answer += text;
  }
  return { question: cleanQuestion(last.text), history };
}

function textOf(content: ChatRequest['messages'][number]['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('\n');
}

function extension(done: Done | undefined) {
  return { citations: done?.citations ?? [], outcome: done?.outcome ?? 'unsure', version: done?.version ?? null };
}

function usageOf(done: Done | undefined) {
  const { input = 0, output = 0 } = done?.tokens ?? {};
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function frame(value: unknown): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(value)}\n\n`);
}
