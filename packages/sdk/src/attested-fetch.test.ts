import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { attestedFetch } from './attested-fetch.ts';
import { NotVerifiedError } from './not-verified.ts';
import { ORIGIN, openSimulatedEnclave } from './simulated-enclave.fixture.ts';

const encoder = new TextEncoder();

/** The OpenAI-compatible endpoints, inside. */
async function answer(request: Request): Promise<Response> {
  if (request.headers.get('authorization') !== 'Bearer pxb_secret') return Response.json({ error: { message: 'no key' } }, { status: 401 });
  const { pathname } = new URL(request.url);
  if (pathname === '/openai/v1/models')
    return Response.json({ object: 'list', data: [{ id: 'bot_1', object: 'model', created: 0, owned_by: 'acme' }] });
  const { model, stream } = (await request.json()) as { model: string; stream?: boolean };
  const choice = (content: string) => ({ index: 0, finish_reason: null, [stream ? 'delta' : 'message']: { role: 'assistant', content } });
  const whole = (content: string) => ({ id: 'c1', object: 'chat.completion', created: 0, model, choices: [choice(content)] });
  if (!stream) return Response.json(whole('27 days'));
  async function* events() {
    for (const word of ['27', ' ', 'days']) {
      yield encoder.encode(`data: ${JSON.stringify(whole(word))}\n\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    yield encoder.encode('data: [DONE]\n\n');
  }
  return new Response(ReadableStream.from(events()) as ReadableStream<Uint8Array<ArrayBuffer>>, {
    headers: { 'content-type': 'text/event-stream' },
  });
}

async function openClient() {
  const enclave = await openSimulatedEnclave({ handler: answer });
  const wire: string[] = [];
  enclave.state.tap = async (request, pass) => {
    wire.push(Buffer.from(await request.clone().arrayBuffer()).toString('latin1'), JSON.stringify([...request.headers]));
    const response = await pass(request);
    const bytes = await response.arrayBuffer();
    wire.push(Buffer.from(bytes).toString('latin1'));
    return new Response(bytes, response);
  };
  const { url, anchors, transport, now } = enclave;
  const fetch = attestedFetch({ url, anchors, transport, now, allowSimulated: true });
  return { enclave, wire, client: new OpenAI({ baseURL: `${ORIGIN}/openai/v1`, apiKey: 'pxb_secret', fetch, maxRetries: 0 }) };
}

test('the official client speaks through the channel unchanged: lists, whole answers and streams', async () => {
  const { enclave, wire, client } = await openClient();
  using _ = enclave;
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['bot_1']);
  const messages = [{ role: 'user' as const, content: 'How many days of leave?' }];
  const whole = await client.chat.completions.create({ model: 'bot_1', messages });
  expect(whole.choices[0]?.message.content).toBe('27 days');
  let streamed = '';
  for await (const chunk of await client.chat.completions.create({ model: 'bot_1', messages, stream: true }))
    streamed += chunk.choices[0]?.delta.content ?? '';
  expect(streamed).toBe('27 days');
  expect(enclave.seen).toMatchObject({ hellos: 1, sealed: 3 });

  expect(wire.length).toBe(12);
  for (const secret of ['pxb_secret', 'How many days', '27 days', 'chat/completions', 'bot_1', 'openai', 'stainless'])
    expect(wire.join('\n').toLowerCase()).not.toContain(secret);
});

test('a refusal inside is the client’s own error', async () => {
  const { enclave, client } = await openClient();
  using _ = enclave;
  await expect(client.withOptions({ apiKey: 'wrong' }).models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
});

test('an environment that is not verified is sent nothing, and the error says why', async () => {
  const { enclave, client } = await openClient();
  using _ = enclave;
  enclave.state.collateral = { status: 'Revoked' };
  const error = await client.models.list().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OpenAI.APIConnectionError);
  expect(error).toMatchObject({ cause: expect.any(NotVerifiedError) });
  expect(enclave.seen.sealed).toBe(0);
});

test('giving up on a stream ends it', async () => {
  const { enclave, client } = await openClient();
  using _ = enclave;
  const stop = new AbortController();
  const messages = [{ role: 'user' as const, content: 'x' }];
  const stream = await client.chat.completions.create({ model: 'bot_1', messages, stream: true }, { signal: stop.signal });
  let chunks = 0;
  for await (const _chunk of stream) if (++chunks === 1) stop.abort();
  expect(chunks).toBe(1);
});

test('it speaks with no other address', async () => {
  const { enclave } = await openClient();
  using _ = enclave;
  const { url, anchors, transport, now } = enclave;
  const fetch = attestedFetch({ url, anchors, transport, now, allowSimulated: true });
  await expect(fetch('https://other.example/v1/models')).rejects.toThrow(`speaks with ${ORIGIN} only`);
  expect(enclave.seen.hellos).toBe(0);
});
