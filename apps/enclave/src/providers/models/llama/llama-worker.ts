// One model in a process of its own, so that a crash, a leak or a hostile file meets no content but its own conversation.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { ChatHistoryItem, LlamaChat, LlamaModel } from 'node-llama-cpp';
import type { ModelMessage, ModelRequest } from '../model.ts';
import { openMemoryFile } from './memory-file.ts';
import { EXIT_OVER_MEMORY, type LoadOrder, type Order, type Report, type Unavailable } from './protocol.ts';

const WATCH_MS = 250;
const DEFAULT_OUTPUT_TOKENS = 1_024;
/** With less room than this left for the answer, the question is too long. */
const MIN_OUTPUT_TOKENS = 16;

interface Loaded {
  readonly model: LlamaModel;
  readonly chat: LlamaChat;
  readonly contextTokens: number;
}

let loading: Promise<Loaded> | undefined;
/** Questions are answered one after another: on a CPU two at once only make both slow. */
let last: Promise<void> = Promise.resolve();
const asks = new Map<number, AbortController>();

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  if (order.type === 'load') loading = start(order);
  else if (order.type === 'stop') asks.get(order.ask)?.abort();
  else {
    const abort = new AbortController();
    asks.set(order.ask, abort);
    last = last.then(() => answer(order.ask, order.request, abort.signal)).finally(() => asks.delete(order.ask));
  }
});

function report(message: Report): void {
  process.send?.(message);
}

function giveUp(why: Unavailable): never {
  report({ type: 'unavailable', why });
  // The message leaves before the channel closes; the end of the channel ends the process.
  process.disconnect();
  throw new Error(why);
}

async function start(order: LoadOrder): Promise<Loaded> {
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > order.memoryLimitBytes) process.exit(EXIT_OVER_MEMORY);
  }, WATCH_MS);
  watch.unref();
  const file = await receive(order);
  // Only now: it takes a second, and what is refused needs none of it.
  const runtime = await import('node-llama-cpp').catch(() => giveUp('runtime'));
  const logLevel = runtime.LlamaLogLevel.disabled;
  const llama = await runtime
    .getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel, maxThreads: 0 })
    .catch(() => giveUp('runtime'));
  try {
    const model = await llama.loadModel({ modelPath: `/proc/self/fd/${file.fd}`, gpuLayers: 0, useMmap: true });
    const contextTokens = Math.min(order.contextTokens, model.trainContextSize);
    const threads = order.threads ?? Math.max(1, Math.min(llama.cpuMathCores, availableParallelism()) - 1);
    const context = await model.createContext({ contextSize: contextTokens, threads });
    // The template is the file's own; Jinja runs inside this process.
    const chatWrapper = runtime.resolveChatWrapper(model);
    const chat = new runtime.LlamaChat({ contextSequence: context.getSequence(), chatWrapper });
    report({ type: 'ready' });
    return { model, chat, contextTokens };
  } catch (error) {
    return giveUp(error instanceof runtime.InsufficientMemoryError ? 'memory' : 'file');
  }
}

/** Takes the file from standard input into memory. */
async function receive({ sizeBytes, sha256, memoryLimitBytes }: LoadOrder): Promise<FileHandle> {
  if (sizeBytes > memoryLimitBytes) giveUp('memory');
  const file = await openMemoryFile(sizeBytes);
  if (typeof file === 'string') return giveUp(file);
  const hash = createHash('sha256');
  let received = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    received += chunk.byteLength;
    if (received > sizeBytes) giveUp('checksum');
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  if (received !== sizeBytes || hash.digest('hex') !== sha256) giveUp('checksum');
  return file;
}

async function answer(ask: number, request: ModelRequest, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    const { model, chat, contextTokens } = (await loading) ?? giveUp('runtime');
    const history = toHistory(request.messages);
    const inputTokens = chat.chatWrapper.generateContextState({ chatHistory: history }).contextText.tokenize(model.tokenizer).length;
    const room = contextTokens - inputTokens;
    if (room < MIN_OUTPUT_TOKENS) return report({ type: 'failed', ask, code: 'model_refused_request' });
    const before = chat.sequence.tokenMeter.getState();
    const { metadata } = await chat.generateResponse(history, {
      signal,
      maxTokens: Math.min(request.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS, room),
      onTextChunk: (text) => report({ type: 'text', ask, text }),
      ...(request.temperature !== undefined && { temperature: request.temperature }),
      ...(request.stop?.length && { customStopTriggers: request.stop }),
    });
    const outputTokens = chat.sequence.tokenMeter.diff(before).usedOutputTokens;
    report({ type: 'finish', ask, reason: metadata.stopReason === 'maxTokens' ? 'length' : 'stop', inputTokens, outputTokens });
  } catch {
    // Nobody waits for an answer that was stopped.
    if (!signal.aborted) report({ type: 'failed', ask, code: 'model_interrupted' });
  }
}

function toHistory(messages: readonly ModelMessage[]): ChatHistoryItem[] {
  const items = messages.map(({ role, content }): ChatHistoryItem => {
    return role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content };
  });
  return [...items, { type: 'model', response: [] }];
}
