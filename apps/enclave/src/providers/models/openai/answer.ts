import type { ErrorCode } from '@privexbot/contract';
import { AppError } from '../../../errors.ts';
import type { FinishReason } from '../model.ts';
import { RETRY_AFTER_SECONDS } from './endpoint.ts';
import { cutWords, type EventFrame, findFrame } from './event-frame.ts';
import { createSseParser } from './sse.ts';

export interface Answer {
  /** Everything the model said. */
  readonly said: string;
  readonly finish: FinishReason;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
}

/** Collects the answer to one request, streamed or whole, from endpoints that keep to the protocol more or less. */
export interface AnswerReader {
  push(piece: string): void;
  /** A JSON answer, which some endpoints send although a stream was asked for. */
  readWhole(completion: unknown): void;
  /** What was said since the last call. */
  takeText(): string;
  /** Whether the endpoint has said that nothing follows. */
  readonly isDone: boolean;
  /** The end of the stream was reached. @throws AppError when it came too early */
  complete(): Answer;
}

export function createAnswerReader(): AnswerReader {
  let said = '';
  let fresh = '';
  let finish: FinishReason | undefined;
  let usage: Answer['usage'];
  let isDone = false;
  let isRecognised = false;
  let frame: EventFrame | undefined;

  const events = createSseParser((data) => {
    if (isDone) return;
    const words = frame && cutWords(data, frame);
    if (words !== undefined) fresh += words;
    else if (data === '[DONE]') isDone = true;
    else {
      const parsed = read(parse(data));
      // An event that ended the answer or counted it has no like.
      frame = parsed && !finish && !usage ? findFrame(data, parsed) : undefined;
    }
  });

  /** Takes in one JSON object; gives the words it brought. */
  function read(value: unknown): string | undefined {
    if (!isRecord(value)) return undefined;
    if (value.error) throw new AppError(errorCode(value.error, said !== '' || fresh !== ''), { seconds: RETRY_AFTER_SECONDS });
    if (isRecord(value.usage)) usage = readUsage(value.usage);
    const choice: unknown = Array.isArray(value.choices) ? value.choices[0] : undefined;
    isRecognised ||= Array.isArray(value.choices);
    if (!isRecord(choice)) return undefined;
    if (typeof choice.finish_reason === 'string') finish = FINISH_REASONS[choice.finish_reason] ?? 'stop';
    const part = choice.delta ?? choice.message;
    const words = isRecord(part) && typeof part.content === 'string' ? part.content : '';
    fresh += words;
    return words;
  }

  return {
    push: events.push,
    readWhole(completion) {
      read(completion);
      isDone = true;
    },
    takeText() {
      const text = fresh;
      said += text;
      fresh = '';
      return text;
    },
    get isDone() {
      return isDone;
    },
    complete() {
      events.end();
      if (!isRecognised) throw new AppError('model_bad_answer');
      if (!isDone && !finish) throw new AppError('model_interrupted');
      return { said: said + fresh, finish: finish ?? 'stop', usage };
    },
  };
}

/** Reasons without a row (tool calls, an end-of-text token by name) mean that the model was through. */
const FINISH_REASONS: Readonly<Record<string, FinishReason>> = { stop: 'stop', length: 'length', content_filter: 'content_filter' };

/** Text that is no JSON (a proxy's keep-alive, the half line of a broken stream) is no event; the end of the stream tells what it was. */
function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function readUsage({ prompt_tokens: inputTokens, completion_tokens: outputTokens }: Record<string, unknown>): Answer['usage'] {
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const ERROR_CODES: readonly [pattern: RegExp, code: ErrorCode][] = [
  [/429|rate_limit|quota|overloaded/, 'model_rate_limited'],
  [/40[13]|api_key|authentication|permission/, 'model_rejected_key'],
  [/404|not_found/, 'model_not_found'],
  [/400|413|422|context_length|invalid_request/, 'model_refused_request'],
];

/** The meaning of an error object sent with status 200, by its code and type; its message may hold the question and is not read. */
function errorCode(error: unknown, hasText: boolean): ErrorCode {
  const kind = isRecord(error) ? `${error.code} ${error.type}` : '';
  return ERROR_CODES.find(([pattern]) => pattern.test(kind))?.[1] ?? (hasText ? 'model_interrupted' : 'model_unreachable');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
