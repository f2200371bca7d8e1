import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import type { Transport } from './transport.ts';

const ORG = 'org_01jd0000000000000000000000';
const CONVERSATION = { slug: 'a-name', conversation: 'cnv_01jd0000000000000000000000' } as never;

function clientOf(answer: (request: Request) => Response | Promise<Response>) {
  const transport: Transport = async (request) => answer(request);
  return createClient(transport);
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('a call becomes the request that the contract describes', async () => {
  const seen: Request[] = [];
  const client = clientOf((request) => {
    seen.push(request);
    return Response.json({ items: [] });
  });
  await client.audit.list({ params: { org: ORG }, query: { action: 'a b&c' } } as never);
  expect(seen[0]?.method).toBe('GET');
  expect(new URL(seen[0]?.url ?? '').pathname).toContain(ORG);
  expect(new URL(seen[0]?.url ?? '').searchParams.get('action')).toBe('a b&c');
});

test('parts of a path cannot lead elsewhere', async () => {
  let path = '';
  const client = clientOf((request) => {
    path = new URL(request.url).pathname;
    return new Response(null, { status: 404 });
  });
  await failureOf(client.publicChat.page({ params: { slug: '../../v1/auth/me' } }));
  expect(path).toBe('/v1/public/..%2F..%2Fv1%2Fauth%2Fme');
});

test('a refusal keeps its code, advice, reference and details', async () => {
  const error = {
    code: 'rate_limited',
    type: 'rate_limited',
    message: 'Too fast.',
    retry: true,
    reference: 'abc',
    details: { seconds: 3 },
  };
  const client = clientOf(() => Response.json({ error }, { status: 429 }));
  const { type: _, ...expected } = error;
  expect(await failureOf(client.auth.me())).toMatchObject({ name: 'ApiError', status: 429, ...expected });
});

test('an answer that is none of ours is told by its status', async () => {
  const client = clientOf(() => new Response('<html>Bad gateway</html>', { status: 502 }));
  expect(await failureOf(client.auth.me())).toMatchObject({ code: 'internal', status: 502 });
});

test('a server that cannot be reached is told from a call that was given up', async () => {
  const client = clientOf(() => Promise.reject(new TypeError('fetch failed')));
  expect(await failureOf(client.auth.me())).toMatchObject({ code: 'unreachable', retry: true });
  const leaving = AbortSignal.abort(new Error('left'));
  expect(await failureOf(client.auth.me({}, { signal: leaving }))).toMatchObject({ name: 'TypeError' });
});

test('an answer that is not as the contract says is refused', async () => {
  const client = clientOf(() => Response.json({ id: 5 }));
  expect(await failureOf(client.auth.me())).toMatchObject({ name: 'ZodError' });
});

test('events are read however their bytes are cut', async () => {
  const text = 'data: {"type":"text","text":"ü\\n\\n€"}\n\n: a comment\n\ndata: {"type":"text","text":"two"}\n\n';
  for (const size of [1, 3, 7, 1_000]) {
    const bytes = new TextEncoder().encode(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size));
    const client = clientOf(() => new Response(ReadableStream.from(chunks) as ReadableStream<Uint8Array<ArrayBuffer>>));
    const events: unknown[] = [];
    for await (const event of await client.publicChat.ask({ params: CONVERSATION, body: { question: 'x' } })) events.push(event);
    expect(events).toEqual([
      { type: 'text', text: 'ü\n\n€' },
      { type: 'text', text: 'two' },
    ]);
  }
});

test('a reader that leaves ends the stream', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: {"type":"text","text":"x"}\n\n')),
    cancel() {
      cancelled = true;
    },
  });
  const client = clientOf(() => new Response(body));
  for await (const _ of await client.publicChat.ask({ params: CONVERSATION, body: { question: 'x' } })) break;
  expect(cancelled).toBe(true);
});
