import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type ConnectOptions, connect } from '../../secure-channel/src/client/connect.ts';
import type { Handler } from '../../secure-channel/src/server/session.ts';
import { echo, makeEnvironment, makeServer, tokens, verifyTestEvidence } from '../../secure-channel/src/test-environment.ts';
import { ATTACKS, answerBy, deliverTwice, type HostileProxy, startHostileProxy } from './hostile-proxy.ts';

/** A server of the sealed channel for the origin of the proxy. */
async function startServer(origin: string, identity = 'identity', handler: Handler = echo) {
  const environment = makeEnvironment(identity, { origins: [origin] });
  const channel = makeServer({ environment: () => environment, coalesceMs: 0 });
  const http = createServer(async (incoming, outgoing) => {
    const body = new Uint8Array(Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)));
    const answer = await channel.answer(body, handler);
    outgoing.writeHead(answer.status, { 'content-type': answer.contentType });
    if (answer.body instanceof Uint8Array) return void outgoing.end(answer.body);
    for await (const chunk of answer.body) outgoing.write(chunk);
    outgoing.end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    identityKey: environment.identityKey,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function open({ url }: HostileProxy, options: Partial<ConnectOptions<string>> = {}) {
  return connect<string>({ url: `${url}/channel`, verify: verifyTestEvidence, ...options });
}

function post(proxy: HostileProxy, body: string): Request {
  return new Request(`${proxy.url}/v1/secret-path`, { method: 'POST', body });
}

test('who is on the way sees hellos and sealed requests, and nothing of them in clear', async () => {
  await using proxy = await startHostileProxy();
  await using server = await startServer(proxy.url);
  proxy.target = server.url;
  using channel = await open(proxy);
  expect(await (await channel.fetch(post(proxy, 'canary'))).json()).toMatchObject({ path: '/v1/secret-path', body: 'canary' });
  expect(proxy.passed.map(({ kind }) => kind)).toEqual(['hello', 'sealed']);
  for (const text of ['canary', 'secret-path']) expect(proxy.withText(text)).toEqual([]);
  await fetch(`${proxy.url}/page?q=canary`);
  expect(proxy.withText('canary')).toMatchObject([{ kind: 'other', path: '/page?q=canary' }]);
  proxy.clear();
  expect(proxy.passed).toEqual([]);
});

test.each(Object.entries(ATTACKS))('%s: noticed, and nothing untrue is read', async (_, { attack, code }) => {
  await using proxy = await startHostileProxy();
  await using server = await startServer(proxy.url, 'identity', () => tokens(3));
  proxy.target = server.url;
  using before = await open(proxy);
  const text = await (await before.fetch(post(proxy, 'one'))).text();
  proxy.attack = attack;
  const isOfHandshake = code === 'handshake_failed' || code === 'evidence_refused';
  const attempt = isOfHandshake ? open(proxy) : before.fetch(post(proxy, 'two')).then((response) => response.text());
  await expect(attempt).rejects.toMatchObject({ code });
  expect(proxy.attacked).toBe(1);
  proxy.attack = undefined;
  using after = await open(proxy);
  expect(await (await after.fetch(post(proxy, 'three'))).text()).toBe(text);
});

test('a request delivered twice runs once', async () => {
  let runs = 0;
  await using proxy = await startHostileProxy();
  await using server = await startServer(proxy.url, 'identity', () => new Response(`run ${++runs}`));
  proxy.target = server.url;
  using channel = await open(proxy);
  const { attack, second } = deliverTwice();
  proxy.attack = attack;
  expect(await (await channel.fetch(post(proxy, 'pay'))).text()).toBe('run 1');
  expect(second.map(({ status, body }) => [status, body.toString()])).toEqual([[400, '{"code":"record_refused"}']]);
  expect(runs).toBe(1);
});

test('another enclave of the same release is refused by its identity, and knows no session of the first', async () => {
  await using proxy = await startHostileProxy();
  await using server = await startServer(proxy.url);
  await using other = await startServer(proxy.url, 'another identity');
  proxy.target = server.url;
  using channel = await open(proxy);
  proxy.attack = answerBy(other.url);
  await expect(channel.fetch(post(proxy, 'one'))).rejects.toMatchObject({ code: 'rehandshake' });
  await expect(open(proxy, { identityKey: server.identityKey })).rejects.toMatchObject({ code: 'identity_mismatch' });
  expect(proxy.attacked).toBe(2);
});

test('an answer that streams is passed on as it comes', async () => {
  const gate = Promise.withResolvers<void>();
  const handler = () => {
    const parts = ['first', 'second'];
    return new Response(
      new ReadableStream({
        async pull(controller) {
          const part = parts.shift();
          if (part === 'second') await gate.promise;
          if (part) controller.enqueue(new TextEncoder().encode(part));
          else controller.close();
        },
      }),
    );
  };
  await using proxy = await startHostileProxy();
  await using server = await startServer(proxy.url, 'identity', handler);
  proxy.target = server.url;
  using channel = await open(proxy);
  const reader = (await channel.fetch(post(proxy, ''))).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
  gate.resolve();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('second');
});
