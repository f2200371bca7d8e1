import { expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { OutboundError } from '../outbound/error.ts';
import { type Fetch, openOpenAiCompatible } from './openai-compatible-embedder.ts';

type Sent = { url: string; headers: Record<string, string>; model: string; input: string[]; encoding_format: string };

/** A small service behind the same function: three numbers for each text, the first its length. */
function service(answer: (input: string[]) => unknown = numbers): { fetch: Fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: async (url, { headers, body }) => {
      const asked = JSON.parse(body) as Omit<Sent, 'url' | 'headers'>;
      sent.push({ url, headers, ...asked });
      const said = answer(asked.input);
      return said instanceof Response ? said : Response.json(said);
    },
  };
}

function numbers(input: string[]): unknown {
  return { data: input.map((text, index) => ({ index, embedding: [text.length, 3, 4] })) };
}

function base64(input: string[]): unknown {
  return {
    data: input.map((text, index) => ({
      index,
      embedding: Buffer.from(Float32Array.from([text.length, 3, 4]).buffer).toString('base64'),
    })),
  };
}

const never = new AbortController().signal;
const open = (fetch: Fetch, url = 'https://embed.example/v1') => openOpenAiCompatible({ url, model: 'm', key: 'secret', fetch });
const codeOf = (error: unknown): unknown => (error instanceof AppError ? error.code : error);

test.each([
  ['numbers', numbers],
  ['base64', base64],
])('reads vectors as %s, to unit length, in the order of the texts', async (_, answer) => {
  const reversed = (input: string[]) => ({ data: (answer(input) as { data: unknown[] }).data.reverse() });
  const embedder = open(service(reversed).fetch);
  expect(embedder.dimensions).toBe(0);
  const [first = [], second = []] = await embedder.embed(['', 'x'.repeat(12)], never);
  expect([...second].map((component) => Math.round(component * 13))).toEqual([12, 3, 4]);
  expect(Math.hypot(...first)).toBeCloseTo(1, 6);
  expect(embedder.dimensions).toBe(3);
});

test.each(['https://h.example', 'https://h.example/', 'https://h.example/v1', 'https://h.example/v1/embeddings'])(
  'calls the endpoint of %s',
  async (url) => {
    const { fetch, sent } = service();
    await open(fetch, url).embed(['a'], never);
    expect(sent[0]).toMatchObject({ url: 'https://h.example/v1/embeddings', model: 'm', headers: { authorization: 'Bearer secret' } });
  },
);

test('many and long texts go in several requests, each within its bounds', async () => {
  const { fetch, sent } = service();
  const texts = [...Array.from({ length: 150 }, (_, at) => 'x'.repeat(at + 1)), ...Array.from({ length: 20 }, () => 'y'.repeat(1_000_000))];
  const vectors = await open(fetch).embed(texts, never);
  expect(vectors).toHaveLength(170);
  for (const [at, vector] of vectors.slice(0, 150).entries()) expect((vector[0] ?? 0) / (vector[1] ?? 1)).toBeCloseTo((at + 1) / 3, 3);
  for (const { input } of sent) {
    expect(input.length).toBeLessThanOrEqual(64);
    expect(input.join('').length).toBeLessThanOrEqual(200_000);
  }
  expect(await open(fetch).embed([], never)).toEqual([]);
});

test.each([
  ['too few vectors', () => ({ data: [] })],
  ['a vector twice', ([text]: string[]) => ({ data: [0, 0].map((index) => ({ index, embedding: [text?.length ?? 0] })) })],
  [
    'an index out of range',
    () => ({
      data: [
        { index: 5, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    }),
  ],
  [
    'vectors of two sizes',
    () => ({
      data: [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1, 2] },
      ],
    }),
  ],
  ['an empty vector', () => ({ data: [0, 1].map((index) => ({ index, embedding: [] })) })],
  ['half a number', () => ({ data: [0, 1].map((index) => ({ index, embedding: 'AAA=' })) })],
  ['what is not a number', () => ({ data: [0, 1].map((index) => ({ index, embedding: 'AADAfwAAwH8=' })) })],
  ['no JSON', () => new Response('<html>hello</html>')],
  ['something else', () => ({ hello: 'world' })],
])('refuses %s', async (_, answer) => {
  await expect(open(service(answer).fetch).embed(['a', 'b'], never)).rejects.toSatisfy((error) => codeOf(error) === 'model_bad_answer');
});

test.each([
  [401, 'model_rejected_key'],
  [404, 'model_not_found'],
  [400, 'model_refused_request'],
  [429, 'model_rate_limited'],
  [500, 'model_unreachable'],
])('status %i is %s, and the error repeats nothing of what was said', async (status, code) => {
  const error = await open(service(() => new Response('the text was: payroll', { status })).fetch)
    .embed(['payroll'], never)
    .catch((thrown: unknown) => thrown);
  expect(codeOf(error)).toBe(code);
  expect(String(error)).not.toContain('payroll');
});

test('what the network does is told by its code, and stopping is the reason that was given', async () => {
  const timeout = open(() => Promise.reject(new OutboundError('timeout')));
  await expect(timeout.embed(['a'], never)).rejects.toSatisfy((error) => codeOf(error) === 'model_timeout');
  const stopped = open(() => Promise.reject(new OutboundError('aborted')));
  await expect(stopped.embed(['a'], AbortSignal.abort('enough'))).rejects.toBe('enough');
});
