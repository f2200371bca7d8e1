// The specification is enough: a client written from it alone completes a handshake and a streamed chat, and agrees with the vectors.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expand, join, keysOf, openAll, openIndependently, splitFields, V } from './independent-client.fixture.ts';
import { makeServer, ORIGIN, tokens, transportTo } from './test-environment.ts';

test('completes a handshake and a streamed chat', async () => {
  using server = makeServer({ coalesceMs: 0 });
  const transport = transportTo(server, async (request) => {
    expect(await request.json()).toEqual({ message: 'hello' });
    return tokens(40);
  });
  const session = await openIndependently(ORIGIN, async (body, contentType) => {
    const headers = { 'content-type': contentType };
    const response = await transport(new Request(`${ORIGIN}/channel`, { method: 'POST', headers, body: new Uint8Array(body) }));
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  });
  // In these tests evidence is the report data itself.
  expect(session.evidence.equals(session.reportData)).toBe(true);
  const { head, body } = await session.request('POST', '/v1/chat', [['content-type', 'application/json']], '{"message":"hello"}');
  expect(head).toEqual({ status: 200, headers: [['content-type', 'text/event-stream']] });
  expect(body.toString()).toBe(Array.from({ length: 40 }, (_, n) => `token ${n} `).join(''));
});

test('agrees with the vectors', () => {
  const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../vectors/secure-channel/${name}`, import.meta.url), 'utf8'));
  const bytes = (text: string) => Buffer.from(text, 'hex');
  const handshake = read('handshake.json');
  for (const row of [handshake.full, handshake.resumed]) {
    const keys = keysOf(splitFields(bytes(row.hello), 0), splitFields(bytes(row.answer), 2), bytes(row.kemSecret), bytes(row.psk));
    expect([keys.client, keys.server, keys.reportData].map((b) => b.toString('hex'))).toEqual([row.client, row.server, row.reportData]);
    expect(expand(keys.exporter, `${V} export ${row.exported.label}`, row.exported.length).toString('hex')).toBe(row.exported.value);
  }
  const { sessionId, streamId, secrets, request, response, requestContext, responseContext } = read('records.json');
  const shared = { sessionId: bytes(sessionId), streamId };
  for (const [direction, rows, secret, context] of [
    [0, request, secrets.client, requestContext],
    [1, response, secrets.server, responseContext],
  ] as const) {
    const at = { ...shared, direction, secret: bytes(secret), context: bytes(context) };
    const contents = openAll(at, join(...rows.map(({ frame }: { frame: string }) => bytes(frame))));
    expect(contents.toString('hex')).toBe(rows.map(({ content }: { content: string }) => content).join(''));
  }
});
