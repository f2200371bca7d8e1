// A small OpenAI-compatible server that answers, or misbehaves, as it is told.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

type Behaviour = (response: ServerResponse, prompt: string, server: ModelServer) => void | Promise<void>;

/** What a server may do with a question. What is echoed is all that it was sent. */
const BEHAVIOURS = {
  /** Streams `answer`, or the text after `ECHO:` in the last message. */
  answers: (response, prompt, { answer }) => stream(response, /ECHO:(.*)/s.exec(lastMessage(prompt))?.[1]?.trim() ?? answer),
  'refuses with an echo': (response, prompt) =>
    send(response, 400, JSON.stringify({ error: { message: prompt, type: prompt, code: prompt } })),
  'fails with an echo': (response, prompt) => send(response, 500, prompt),
  'rejects the key with an echo': (response, prompt) => send(response, 401, prompt),
  'is rate limited': (response) => send(response, 429, '{"error":{"message":"slow down"}}', { 'retry-after': '7' }),
  'sends no JSON': (response, prompt) => send(response, 200, `not JSON: ${prompt}`, { 'content-type': 'application/json' }),
  'sends a page': (response, prompt) => send(response, 200, `<!doctype html><p>${prompt}`, { 'content-type': 'text/html' }),
  'breaks off': async (response, _, { answer }) => {
    head(response);
    response.write(chunk({ content: answer }));
    await sleep(50);
    response.destroy();
  },
  'ends without an end': (response, _, { answer }) => {
    head(response);
    response.end(chunk({ content: answer }));
  },
  'streams garbage': (response, prompt) => {
    head(response);
    response.end(`data: {"choices": [${prompt}\n\ndata: [DONE]\n\n`);
  },
  /** Says the answer, then nothing more until the reader leaves. */
  'falls silent': (response, _, { answer }) => {
    head(response);
    response.write(chunk({ content: answer }));
  },
  'is silent': () => undefined,
} as const satisfies Record<string, Behaviour>;

export type ModelBehaviour = keyof typeof BEHAVIOURS;

export interface ModelServer extends AsyncDisposable {
  /** Ends with `/v1`. */
  readonly url: string;
  readonly host: string;
  /** Changes what it does from the next question on. */
  behaviour: ModelBehaviour;
  answer: string;
  /** Before each answer. */
  delayMs: number;
  /** Questions so far. */
  asked: number;
  /** Answers that the reader left before their end. */
  aborted: number;
  /** What the last question carried. */
  last: { readonly messages: readonly { role: string; content: string }[]; readonly authorization: string | undefined };
  /** Pages that it serves beside the model, by path. */
  readonly pages: Map<string, string>;
}

export async function startModelServer(): Promise<ModelServer> {
  const server = createServer((request, response) => void respond(request, response, model).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('a TCP server has no port');
  const host = `127.0.0.1:${address.port}`;
  const model: ModelServer = {
    url: `http://${host}/v1`,
    host,
    behaviour: 'answers',
    answer: 'It is thirty days.',
    delayMs: 0,
    asked: 0,
    aborted: 0,
    last: { messages: [], authorization: undefined },
    pages: new Map(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return model;
}

async function respond(request: IncomingMessage, response: ServerResponse, model: ModelServer): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://model');
  const page = model.pages.get(pathname);
  if (page !== undefined) return send(response, 200, page, { 'content-type': 'text/html; charset=utf-8' });
  if (pathname.endsWith('/models')) return send(response, 200, '{"object":"list","data":[{"id":"test","object":"model"}]}');
  if (pathname.endsWith('/embeddings')) {
    await sleep(model.delayMs);
    return send(response, 200, embed(await text(request)));
  }
  if (!pathname.endsWith('/chat/completions')) return send(response, 404, '{"error":{"message":"no such path"}}');
  const prompt = await text(request);
  model.asked++;
  model.last = { messages: messagesOf(prompt), authorization: request.headers.authorization };
  response.on('close', () => {
    if (!response.writableFinished) model.aborted++;
  });
  await sleep(model.delayMs);
  await BEHAVIOURS[model.behaviour](response, prompt, model);
}

const DIMENSIONS = 16;

/** Words hashed into a few dimensions: texts that share words are alike. */
function embed(body: string): string {
  const { input } = JSON.parse(body) as { input: string[] }; // the enclave's own request
  const data = input.map((text, index) => {
    const embedding = new Array<number>(DIMENSIONS).fill(0.01);
    for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
      const at = [...word].reduce((hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) % 9_973, 7) % DIMENSIONS;
      embedding[at] = (embedding[at] ?? 0) + 1;
    }
    return { index, embedding };
  });
  return JSON.stringify({ data });
}

function lastMessage(prompt: string): string {
  return messagesOf(prompt).at(-1)?.content ?? '';
}

function messagesOf(prompt: string): ModelServer['last']['messages'] {
  return (JSON.parse(prompt) as { messages: ModelServer['last']['messages'] }).messages; // the enclave's own request
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

function head(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function chunk(delta: object, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: 'chat', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

function stream(response: ServerResponse, answer: string): void {
  head(response);
  for (const word of answer.split(/(?<= )/)) response.write(chunk({ content: word }));
  response.write(chunk({}, 'stop'));
  response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } })}\n\n`);
  response.end('data: [DONE]\n\n');
}
