import { expect, test } from 'vitest';
import { connectTo, makeServer, ORIGIN, post, tokens } from './test-environment.ts';

test('a whole request and its response cross the channel, and nothing of them shows outside', async () => {
  using server = makeServer();
  const seen: Uint8Array[] = [];
  const keep = (body: Uint8Array<ArrayBuffer>) => {
    seen.push(body);
    return body;
  };
  using channel = await connectTo(server, undefined, {}, { up: keep, down: keep });
  const response = await channel.fetch(post('/v1/secret-path?q=1', 'secret body', { 'x-secret': 'header' }));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ method: 'POST', path: '/v1/secret-path', type: 'text/plain', body: 'secret body' });
  expect(channel.proof).toBe('genuine');
  expect(seen).toHaveLength(4);
  expect(seen.some((bytes) => Buffer.from(bytes).includes('secret'))).toBe(false);
});

test('a streamed answer arrives in order and whole, its first token before its last is made', async () => {
  using server = makeServer({ coalesceMs: 1 });
  using channel = await connectTo(server, () => tokens(100));
  const response = await channel.fetch(post('/chat', 'hi'));
  const expected = Array.from({ length: 100 }, (_, n) => `token ${n} `).join('');
  expect(await response.text()).toBe(expected);
});

test('bodies of every size around the limits of a record come back as they were', async () => {
  using server = makeServer();
  using channel = await connectTo(server, async (request) => new Response(await request.arrayBuffer()));
  for (const size of [0, 1, 59, 60, 61, 65_300, 65_532, 65_533, 131_072, 1_000_000]) {
    const body = new Uint8Array(size).map((_, index) => index % 251);
    const response = await channel.fetch(new Request(`${ORIGIN}/x`, { method: 'POST', body }));
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(body)), `${size} bytes`).toBe(true);
  }
});
