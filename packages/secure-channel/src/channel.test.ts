import { expect, test, vi } from 'vitest';
import { connectTo, makeEnvironment, makeServer, ORIGIN, post, tokens } from './test-environment.ts';

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

test('a browser whose WebCrypto lacks the curves reaches the same session with the portable ones', async () => {
  const { importKey } = crypto.subtle;
  const curves: string[] = [];
  const withoutCurves = (...[format, key, algorithm, ...rest]: Parameters<typeof importKey>) => {
    if (algorithm !== 'X25519' && algorithm !== 'Ed25519') return importKey.call(crypto.subtle, format, key, algorithm, ...rest);
    curves.push(algorithm);
    return Promise.reject(new DOMException('unknown', 'NotSupportedError'));
  };
  const spy = vi.spyOn(crypto.subtle, 'importKey').mockImplementation(withoutCurves as typeof importKey);
  try {
    using server = makeServer();
    using channel = await connectTo(server);
    expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
    using refusing = makeServer({ environment: () => ({ ...makeEnvironment(), keyConfigSignature: new Uint8Array(64) }) });
    await expect(connectTo(refusing)).rejects.toMatchObject({ code: 'key_config_invalid' });
    expect(new Set(curves)).toEqual(new Set(['X25519', 'Ed25519']));
  } finally {
    spy.mockRestore();
  }
});

test('answers without a body keep their status', async () => {
  using server = makeServer();
  using channel = await connectTo(server, () => new Response(null, { status: 204, headers: { etag: '"e"' } }));
  const response = await channel.fetch(new Request(`${ORIGIN}/x`, { method: 'DELETE' }));
  expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([204, '"e"', '']);
});

test('the first token does not wait for the second', async () => {
  using server = makeServer({ coalesceMs: 60_000 });
  const encode = (text: string) => new TextEncoder().encode(text);
  const more = Promise.withResolvers<void>();
  const handler = () =>
    new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(encode('first'));
          await more.promise;
          controller.enqueue(encode(' second'));
          controller.enqueue(encode(' third'));
          controller.close();
        },
      }),
    );
  using channel = await connectTo(server, handler);
  const reader = (await channel.fetch(post('/x', ''))).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
  more.resolve();
  // Gathered into one record, which the end of the answer sends at once.
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(' second third');
  expect((await reader?.read())?.done).toBe(true);
});
