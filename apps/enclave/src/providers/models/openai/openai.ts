import { AppError } from '../../../errors.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { estimateTokens, type Model, type ModelEvent, type ModelRequest } from '../model.ts';
import { type AnswerReader, createAnswerReader, isRecord } from './answer.ts';
import { callEndpoint, type OpenAiEndpoint, RefusedByEndpoint, toThrown } from './endpoint.ts';

/** A model behind an OpenAI-compatible endpoint. Cheap to make: it holds no connection of its own. */
export function createOpenAiModel(outbound: Outbound, endpoint: OpenAiEndpoint, id: string, contextTokens?: number): Model {
  const dialect: Dialect = { limitName: 'max_tokens', asksForUsage: true };

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const response = await open(request, signal);
    const answer = createAnswerReader();
    if (isJson(response)) answer.readWhole(await readJson(response, signal));
    else yield* readStream(response, answer, signal);
    const { said, finish, usage } = answer.complete();
    const text = answer.takeText();
    if (text) yield { type: 'text', text };
    yield usage ? { type: 'usage', ...usage } : estimateUsage(request, said);
    yield { type: 'finish', reason: finish };
  }

  /** Starts the answer; when the endpoint says that it does not know a parameter, once more in the words it knows. */
  async function open(request: ModelRequest, signal: AbortSignal): Promise<Response> {
    for (;;) {
      try {
        return await callEndpoint(outbound, endpoint, '/chat/completions', toBody(id, request, dialect), signal);
      } catch (error) {
        if (!(error instanceof RefusedByEndpoint) || !learn(dialect, error)) throw error;
      }
    }
  }

  return { id, provider: 'openai-compatible', stream, ...(contextTokens !== undefined && { contextTokens }) };
}

/** The ids of the models an endpoint offers. */
export async function listModels(outbound: Outbound, endpoint: OpenAiEndpoint, signal: AbortSignal): Promise<string[]> {
  const listed = await readJson(await callEndpoint(outbound, endpoint, '/models', undefined, signal), signal);
  const entries = isRecord(listed) && Array.isArray(listed.data) ? listed.data : undefined;
  if (!entries) throw new AppError('model_bad_answer');
  return entries.flatMap((entry: unknown) => (isRecord(entry) && typeof entry.id === 'string' ? [entry.id] : []));
}

/** What endpoints disagree about. */
interface Dialect {
  limitName: 'max_tokens' | 'max_completion_tokens';
  asksForUsage: boolean;
}

/** Changes the dialect by what a refusal says; false when it says nothing we can change. */
function learn(dialect: Dialect, refusal: RefusedByEndpoint): boolean {
  if (dialect.limitName === 'max_tokens' && refusal.mentions('max_completion_tokens')) dialect.limitName = 'max_completion_tokens';
  else if (dialect.asksForUsage && refusal.mentions('stream_options')) dialect.asksForUsage = false;
  else return false;
  return true;
}

function toBody(model: string, request: ModelRequest, dialect: Dialect): object {
  return {
    model,
    messages: request.messages,
    stream: true,
    ...(dialect.asksForUsage && { stream_options: { include_usage: true } }),
    ...(request.maxOutputTokens !== undefined && { [dialect.limitName]: request.maxOutputTokens }),
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.stop?.length && { stop: request.stop }),
  };
}

function estimateUsage(request: ModelRequest, said: string): ModelEvent {
  const inputTokens = request.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  return { type: 'usage', inputTokens, outputTokens: estimateTokens(said), estimated: true };
}

async function* readStream(response: Response, answer: AnswerReader, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  try {
    while (reader && !answer.isDone) {
      const { done, value } = await reader.read();
      if (done) break;
      answer.push(decoder.decode(value, { stream: true }));
      // All words that arrived together leave together: everything behind this costs per event.
      const text = answer.takeText();
      if (text) yield { type: 'text', text };
    }
  } catch (error) {
    throw toThrown(error, signal);
  } finally {
    if (reader) void (answer.isDone ? drain(reader) : reader.cancel().catch(() => {}));
  }
}

/** Reads what is left after the last event, so that the connection can be used again. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer is complete; how the connection ends is of no interest.
  }
}

function isJson(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/json') ?? false;
}

async function readJson(response: Response, signal: AbortSignal): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => Promise.reject(toThrown(error, signal)));
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('model_bad_answer');
  }
}
