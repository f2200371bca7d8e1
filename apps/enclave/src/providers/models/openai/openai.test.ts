import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createOutbound } from '../../outbound/outbound.ts';
import type { ModelEvent, ModelRequest } from '../model.ts';
import { type OpenAiEndpoint, parseRetryAfter, toBaseUrl } from './endpoint.ts';
import { createOpenAiModel, listModels } from './openai.ts';

const ASK: ModelRequest = { messages: [{ role: 'user', content: 'private question' }] };
const chunk = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish }] })}\n\n`;
const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } })}\n\n`;
const DONE = 'data: [DONE]\n\n';

test('an answer streams as texts, usage and finish', async () => {
  await using server = await serve(sse(chunk(''), chunk('Hello '), chunk('world', 'stop'), USAGE, DONE));
  const events = await collect(server.stream(ASK));
  expect(said(events)).toBe('Hello world');
  expect(events.slice(-2)).toEqual([
    { type: 'usage', inputTokens: 7, outputTokens: 2 },
    { type: 'finish', reason: 'stop' },
  ]);
});

test('the request carries messages, limits, key and the wish for usage', async () => {
  await using server = await serve(sse(chunk('ok', 'stop'), DONE));
  await collect(server.stream({ ...ASK, maxOutputTokens: 5, temperature: 0, stop: ['\n'] }, { key: 'k-1' }));
  expect(server.requests).toEqual([
    {
      path: 'POST /v1/chat/completions',
      key: 'Bearer k-1',
      body: {
        model: 'm',
        messages: ASK.messages,
        stream: true,
        stream_options: { include_usage: true },
        max_tokens: 5,
        temperature: 0,
        stop: ['\n'],
      },
    },
  ]);
});

test('without usage from the endpoint it is estimated, and says so', async () => {
  await using server = await serve(sse(chunk('four words are here', 'length'), DONE));
  expect((await collect(server.stream(ASK))).slice(1)).toEqual([
    { type: 'usage', inputTokens: 5, outputTokens: 6, estimated: true },
    { type: 'finish', reason: 'length' },
  ]);
});

test.each([
  ['CRLF line ends', sse(chunk('ab').replaceAll('\n', '\r\n'), chunk('c', 'stop').replaceAll('\n', '\r\n'), DONE)],
  ['one byte at a time', bytewise(`: ping\n\n${chunk('ab')}${chunk('c', 'stop')}${DONE}`)],
  ['keep-alive text that is no JSON', sse('data: still here\n\n', chunk('ab'), 'data: {half\n\n', chunk('c', 'stop'), DONE)],
  ['no [DONE]', sse(chunk('ab'), chunk('c', 'stop'))],
  ['no finish reason', sse(chunk('ab'), chunk('c'), DONE)],
  ['no blank line at the end', sse(chunk('ab'), chunk('c', 'stop').trimEnd())],
  ['JSON instead of a stream', json(200, { choices: [{ message: { content: 'abc' }, finish_reason: 'stop' }] })],
])('an answer with %s is whole', async (_name, handler) => {
  await using server = await serve(handler);
  const events = await collect(server.stream(ASK));
  expect([said(events), events.at(-1)]).toEqual(['abc', { type: 'finish', reason: 'stop' }]);
});

test('a character cut in half between two packets stays whole', async () => {
  await using server = await serve(bytewise(chunk('naïve 🙂 日本', 'stop') + DONE));
  expect(said(await collect(server.stream(ASK)))).toBe('naïve 🙂 日本');
});

test.each([
  ['a wrong key', json(401, { error: { message: 'Incorrect key sk-123' } }), 'model_rejected_key'],
  ['a forbidden key', json(403, {}), 'model_rejected_key'],
  ['an unknown model', json(404, {}), 'model_not_found'],
  ['too long a request', json(400, { error: { message: 'private question is too long' } }), 'model_refused_request'],
  ['a broken server', json(500, {}), 'model_unreachable'],
  ['a gateway that timed out', json(504, {}), 'model_timeout'],
  ['a redirect', (_: IncomingMessage, response: ServerResponse) => response.writeHead(302, { location: '/x' }).end(), 'model_bad_answer'],
  ['a web page', (_: IncomingMessage, response: ServerResponse) => response.end('<!doctype html><p>Welcome'), 'model_bad_answer'],
  ['JSON that is cut off', raw('application/json', '{"choices":['), 'model_bad_answer'],
  ['JSON of another kind', json(200, { hello: 'world' }), 'model_bad_answer'],
  ['an empty answer', (_: IncomingMessage, response: ServerResponse) => response.end(), 'model_bad_answer'],
  ['an error object with status 200', json(200, { error: { code: 'rate_limit_exceeded' } }), 'model_rate_limited'],
  [
    'an error object in the stream',
    sse(`data: ${JSON.stringify({ error: { type: 'invalid_request_error' } })}\n\n`),
    'model_refused_request',
  ],
  ['a stream without an end', sse(chunk('ab')), 'model_interrupted'],
])('%s becomes its code, without a word of what was asked or answered', async (_name, handler, code) => {
  await using server = await serve(handler);
  const error = await failure(collect(server.stream(ASK)));
  expect(error).toMatchObject({ name: 'AppError', code });
  expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/private question|sk-123|Welcome/);
});

test('a rate limit says when to come back', async () => {
  await using server = await serve((_, response) => response.writeHead(429, { 'retry-after': '7' }).end());
  expect(await failure(collect(server.stream(ASK)))).toMatchObject({ code: 'model_rate_limited', details: { seconds: 7 } });
  expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:10 GMT', Date.UTC(2026, 0, 1))).toBe(10);
  expect([parseRetryAfter('soon'), parseRetryAfter(null), parseRetryAfter('999999'), parseRetryAfter('-5')]).toEqual([
    undefined,
    undefined,
    3600,
    0,
  ]);
});

test('what arrived before the connection broke stands', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('half '), () => setTimeout(() => response.destroy(), 20));
  });
  const events: ModelEvent[] = [];
  expect(await failure(collect(server.stream(ASK), events))).toMatchObject({ code: 'model_interrupted' });
  expect(events).toEqual([{ type: 'text', text: 'half ' }]);
});

test('a model that says nothing runs out of time, and the words it said before stand', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('then silence'));
  });
  const events: ModelEvent[] = [];
  const stream = server.stream(ASK, { idleTimeoutMs: 500 });
  expect(await failure(collect(stream, events))).toMatchObject({ code: 'model_timeout' });
  expect(said(events)).toBe('then silence');
});

test('no server, no such private host and a key that no header can carry are told apart', async () => {
  await using server = await serve(json(200, {}));
  const typed = server.stream(ASK, { trust: 'typed' });
  expect(await failure(collect(typed))).toMatchObject({ code: 'private_address' });
  expect(await failure(collect(server.stream(ASK, { key: 'a\r\nb: c' })))).toMatchObject({ code: 'model_rejected_key' });
  expect(await failure(collect(server.stream(ASK, { url: 'http://127.0.0.1:1' })))).toMatchObject({ code: 'model_unreachable' });
  expect(server.requests).toEqual([]);
});

test('aborting and leaving the loop both stop the model', async () => {
  let gone = 0;
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(chunk('word ')), 5);
    response.once('close', () => {
      clearInterval(timer);
      gone++;
    });
  });
  const abort = new AbortController();
  const reason = await failure(
    (async () => {
      for await (const event of server.stream(ASK, {}, abort.signal)) if (event.type === 'text') abort.abort();
    })(),
  );
  expect(reason.name).toBe('AbortError');
  await expect.poll(() => gone).toBe(1);
  for await (const _event of server.stream(ASK)) break;
  await expect.poll(() => gone).toBe(2);
});

test('a finished answer leaves its connection to the next', async () => {
  await using server = await serve(sse(chunk('ok', 'stop'), DONE));
  for (let i = 0; i < 10; i++) {
    await collect(server.stream(ASK));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(server.connections.size).toBeLessThan(3);
});

test('an endpoint that knows other parameters is asked again in its words, and remembered', async () => {
  await using server = await serve((request, response) => {
    if ('stream_options' in request.body) return json(400, { error: { message: 'unknown field stream_options' } })(request, response);
    if ('max_tokens' in request.body) return json(400, { error: { message: 'use max_completion_tokens' } })(request, response);
    return sse(chunk('ok', 'stop'), DONE)(request, response);
  });
  const model = server.model();
  for (let i = 0; i < 2; i++) await collect(model.stream({ ...ASK, maxOutputTokens: 5 }, AbortSignal.timeout(5_000)));
  expect(server.requests.length).toBe(4);
  expect(server.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 5 });
});

test('the models of an endpoint are listed', async () => {
  await using server = await serve(json(200, { data: [{ id: 'a' }, { id: 'b' }, {}] }));
  const signal = AbortSignal.timeout(5_000);
  expect(await listModels(server.outbound, server.endpoint, signal)).toEqual(['a', 'b']);
  expect(server.requests.map(({ path }) => path)).toEqual(['GET /v1/models']);
  await using page = await serve(json(200, 'hello'));
  expect(await failure(listModels(page.outbound, page.endpoint, signal))).toMatchObject({ code: 'model_bad_answer' });
});

test.each([
  ['http://h:1', 'http://h:1/v1'],
  ['http://h:1/', 'http://h:1/v1'],
  ['http://h/v1/', 'http://h/v1'],
  ['http://h/v1/chat/completions', 'http://h/v1'],
  ['https://h/openai/v1', 'https://h/openai/v1'],
  ['https://h/v1beta/openai/', 'https://h/v1beta/openai'],
  ['https://h/proxy', 'https://h/proxy/v1'],
])('the address %s means %s', (given, base) => {
  expect(toBaseUrl(given)).toBe(base);
});

interface Received extends IncomingMessage {
  body: object;
}
type Handler = (request: Received, response: ServerResponse) => unknown;

async function serve(handler: Handler) {
  const requests: { path: string; key: string | undefined; body: object }[] = [];
  const connections = new Set<number | undefined>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const body: object = text ? JSON.parse(text) : {};
    requests.push({ path: `${request.method} ${request.url}`, key: request.headers.authorization, body });
    connections.add(request.socket.remotePort);
    handler(Object.assign(request, { body }), response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's address is always this shape
  const outbound = createOutbound({ privateHosts: new Set(), log: { info: () => {} } });
  const endpoint: OpenAiEndpoint = { url: `http://127.0.0.1:${port}`, trust: 'operator' };
  const model = (changes: Partial<OpenAiEndpoint> = {}) => createOpenAiModel(outbound, { ...endpoint, ...changes }, 'm');
  return {
    requests,
    connections,
    outbound,
    endpoint,
    model,
    stream: (request: ModelRequest, changes?: Partial<OpenAiEndpoint>, signal = AbortSignal.timeout(10_000)) =>
      model(changes).stream(request, signal),
    [Symbol.asyncDispose]: async () => {
      await outbound.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sse(...pieces: string[]): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
}

function bytewise(text: string): Handler {
  return async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const byte of new TextEncoder().encode(text)) {
      response.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
}

function json(status: number, body: unknown): Handler {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function raw(type: string, body: string): Handler {
  return (_, response) => response.writeHead(200, { 'content-type': type }).end(body);
}

async function collect(stream: AsyncIterable<ModelEvent>, events: ModelEvent[] = []): Promise<ModelEvent[]> {
  for await (const event of stream) events.push(event);
  return events;
}

function said(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

async function failure(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => expect.unreachable('the call succeeded'),
    (error: Error) => error,
  );
}
