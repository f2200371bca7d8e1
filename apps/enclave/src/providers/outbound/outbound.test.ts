import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { OutboundError } from './error.ts';
import { createOutbound, type OutboundInit, type OutboundOptions } from './outbound.ts';

const LIMITS: OutboundInit = { purpose: 'page', trust: 'typed', maxResponseBytes: 1_000_000, timeoutMs: 5_000, maxRedirects: 3 };

test('an allowed private host answers, and its connection is used again', async () => {
  const connections = new Set<number | undefined>();
  await using server = await serve((request, response) => {
    connections.add(request.socket.remotePort);
    response.end(`${request.method} ${request.url}`);
  });
  await using outbound = open(server.host);
  const response = await outbound.request(`${server.url}/a?b=c`, LIMITS);
  expect([response.status, response.url, await response.text()]).toEqual([200, `${server.url}/a?b=c`, 'GET /a?b=c']);
  for (let i = 0; i < 9; i++) await (await outbound.request(server.url, LIMITS)).text();
  expect(connections.size).toBeLessThan(3);
});

test.each([
  ['http://127.0.0.1/', 'private_address'],
  ['http://2130706433/', 'private_address'],
  ['http://0x7f.1/', 'private_address'],
  ['http://0177.0.0.1/', 'private_address'],
  ['http://[::1]/', 'private_address'],
  ['http://[::ffff:169.254.169.254]/', 'private_address'],
  ['http://169.254.169.254/latest/meta-data', 'private_address'],
  ['http://localhost/', 'private_address'],
  ['ftp://example.com/', 'bad_url'],
  ['file:///etc/passwd', 'bad_url'],
  ['http://user:secret@example.com/', 'bad_url'],
  ['not an address', 'bad_url'],
])('%s is refused with %s', async (url, code) => {
  await using outbound = open();
  expect((await failure(outbound.request(url, LIMITS))).code).toBe(code);
});

test('the refusal of a private address names the setting that allows it', async () => {
  await using outbound = open();
  expect((await failure(outbound.request('http://127.0.0.1/', LIMITS))).message).toContain('PRIVEXBOT_PRIVATE_HOSTS');
});

test('an address of whoever runs the machine may be private, one to which it redirects may not', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'http://127.0.0.1:1/' });
    response.end('ok');
  });
  await using outbound = open();
  expect(await (await outbound.request(server.url, { ...LIMITS, trust: 'operator' })).text()).toBe('ok');
  expect((await failure(outbound.request(`${server.url}/away`, { ...LIMITS, trust: 'operator' }))).code).toBe('private_address');
  expect((await failure(outbound.request(server.url, LIMITS))).code).toBe('private_address');
});

test('a name with one private address among its addresses is refused', async () => {
  await using outbound = open(undefined, async () => [
    { address: '93.184.216.34', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ]);
  expect((await failure(outbound.request('http://mixed.example/', LIMITS))).code).toBe('private_address');
});

test('a name is resolved once, so it cannot change its mind between the check and the connection', async () => {
  await using server = await serve((_request, response) => response.end('ok'));
  const asked: string[] = [];
  const resolve = async (hostname: string) => {
    asked.push(hostname);
    return asked.length === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '127.0.0.2', family: 4 }];
  };
  await using outbound = open(`rebind.example:${server.port}`, resolve);
  expect(await (await outbound.request(`http://rebind.example:${server.port}/`, LIMITS)).text()).toBe('ok');
  expect(asked).toEqual(['rebind.example']);
});

test('a connection to an allowed private host is not lent to another name', async () => {
  await using server = await serve((_request, response) => response.end('ok'));
  await using outbound = open(`inside.example:${server.port}`, async () => [{ address: '127.0.0.1', family: 4 }]);
  await (await outbound.request(`http://inside.example:${server.port}/`, LIMITS)).text();
  expect((await failure(outbound.request(`http://other.example:${server.port}/`, LIMITS))).code).toBe('private_address');
});

test('a name without an address, a closed port and plain HTTP behind https:// are told apart', async () => {
  await using server = await serve((_request, response) => response.end());
  await using outbound = open('127.0.0.1', async () => []);
  expect((await failure(outbound.request('http://nowhere.example/', LIMITS))).code).toBe('not_resolved');
  expect((await failure(outbound.request(`https://${server.host}/`, LIMITS))).code).toBe('tls');
  const { url } = server;
  await server[Symbol.asyncDispose]();
  expect((await failure(outbound.request(url, LIMITS))).code).toBe('refused');
});

test('a redirect to another origin loses the key, the content and the method', async () => {
  const seen: { method: string | undefined; key: string | undefined; type: string | undefined; body: string }[] = [];
  await using target = await serve(async (request, response) => {
    const { authorization, 'content-type': type } = request.headers;
    seen.push({ method: request.method, key: authorization, type, body: await text(request) });
    response.end('there');
  });
  await using server = await serve((_request, response) => response.writeHead(307, { location: `${target.url}/x` }).end());
  await using outbound = open('127.0.0.1');
  const response = await outbound.request(server.url, {
    ...LIMITS,
    method: 'POST',
    headers: { authorization: 'Bearer k', 'content-type': 'text/plain' },
    body: 'content',
  });
  expect([await response.text(), response.url]).toEqual(['there', `${target.url}/x`]);
  expect(seen).toEqual([{ method: 'GET', key: undefined, type: undefined, body: '' }]);
});

test('a redirect within an origin keeps the key, and the content where the status says so', async () => {
  const seen: string[] = [];
  await using server = await serve(async (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${await text(request)}`);
    if (request.url === '/1') response.writeHead(308, { location: '/2' });
    if (request.url === '/2') response.writeHead(303, { location: '/3' });
    response.end();
  });
  await using outbound = open(server.host);
  await outbound.request(`${server.url}/1`, { ...LIMITS, method: 'POST', headers: { authorization: 'k' }, body: 'content' });
  expect(seen).toEqual(['POST /1 k content', 'POST /2 k content', 'GET /3 k ']);
});

test('redirects end at their limit', async () => {
  let hits = 0;
  await using server = await serve((_request, response) => response.writeHead(302, { location: `/${hits++}` }).end());
  await using outbound = open(server.host);
  expect((await failure(outbound.request(server.url, { ...LIMITS, maxRedirects: 2 }))).code).toBe('too_many_redirects');
  expect(hits).toBe(3);
});

test('a call reaches only the hosts of its egress list, redirects included', async () => {
  await using other = await serve((_request, response) => response.end('other'));
  await using server = await serve((_request, response) => response.writeHead(302, { location: other.url }).end());
  await using outbound = open('127.0.0.1');
  const denied = await failure(outbound.request(server.url, { ...LIMITS, egress: [server.host] }));
  expect([denied.code, denied.message.startsWith(other.host)]).toEqual(['egress_denied', true]);
  expect((await failure(outbound.request(server.url, { ...LIMITS, egress: [] }))).code).toBe('egress_denied');
  const allowed = await outbound.request(server.url, { ...LIMITS, egress: [server.host, other.host] });
  expect(await allowed.text()).toBe('other');
});

test('an answer larger than allowed is cut off, announced or not', async () => {
  let sent = 0;
  await using server = await serve((request, response) => {
    if (request.url === '/announced') return void response.writeHead(200, { 'content-length': 2_000_000 }).write('x');
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000))) sent += 10_000;
      response.once('drain', more);
    };
    more();
  });
  await using outbound = open(server.host);
  expect((await failure(outbound.request(`${server.url}/announced`, LIMITS))).code).toBe('too_large');
  const endless = await outbound.request(server.url, LIMITS);
  expect((await failure(endless.bytes())).code).toBe('too_large');
  expect(sent).toBeLessThan(20_000_000);
});

test('a reader that does not read holds the sender back', async () => {
  let sent = 0;
  await using server = await serve((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(100_000))) sent += 100_000;
      response.once('drain', more);
    };
    more();
  });
  await using outbound = open(server.host);
  const response = await outbound.request(server.url, { ...LIMITS, maxResponseBytes: 1e9, idleTimeoutMs: 400 });
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(sent).toBeLessThan(50_000_000);
  const reader = response.body?.getReader();
  let read = 0;
  while (read < 20_000_000) read += (await reader?.read())?.value?.byteLength ?? Number.NaN;
  await reader?.cancel();
});

test('a silent peer and a slow answer run out of time', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/silent') return;
    const timer = setInterval(() => response.write('.'), 10);
    response.once('close', () => clearInterval(timer));
  });
  await using outbound = open(server.host);
  const limits = { ...LIMITS, timeoutMs: 2_000, idleTimeoutMs: 500 };
  const started = performance.now();
  expect((await failure(outbound.request(`${server.url}/silent`, limits))).code).toBe('timeout');
  expect(performance.now() - started).toBeLessThan(1_900);
  expect((await failure((await outbound.request(server.url, limits)).text())).code).toBe('timeout');
});

test('a signal ends a call before it starts, while it waits and while it streams, and the peer notices', async () => {
  let gone = 0;
  await using server = await serve((request, response) => {
    request.socket.once('close', () => gone++);
    if (request.url === '/stream') response.write('first');
  });
  await using outbound = open(server.host);
  const early = outbound.request(server.url, { ...LIMITS, signal: AbortSignal.abort() });
  expect((await failure(early)).code).toBe('aborted');
  expect((await failure(outbound.request(server.url, { ...LIMITS, signal: AbortSignal.timeout(30) }))).code).toBe('aborted');
  const abort = new AbortController();
  const response = await outbound.request(`${server.url}/stream`, { ...LIMITS, signal: abort.signal });
  abort.abort();
  expect((await failure(response.text())).code).toBe('aborted');
  await expect.poll(() => gone).toBe(2);
});

test('an answer that stops half way is interrupted, not complete', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
  });
  await using outbound = open(server.host);
  expect((await failure((await outbound.request(server.url, LIMITS)).text())).code).toBe('interrupted');
});

test('the log has host, status, bytes and time, and nothing of address, key or content', async () => {
  const lines: object[] = [];
  await using server = await serve((_request, response) => response.end('secret answer'));
  await using outbound = createOutbound({ privateHosts: new Set([server.host]), log: { info: (fields) => lines.push(fields) } });
  const headers = { authorization: 'Bearer secret' };
  await (await outbound.request(`${server.url}/secret?q=secret`, { ...LIMITS, headers, method: 'POST', body: 'secret' })).text();
  expect(lines).toEqual([{ purpose: 'page', host: server.host, status: 200, bytes: 13, ms: expect.any(Number) }]);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

function open(privateHost?: string, resolve?: OutboundOptions['resolve']) {
  const privateHosts = new Set(privateHost ? [privateHost] : []);
  return createOutbound({ privateHosts, log: { info: () => {} }, ...(resolve && { resolve }) });
}

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's address is always this shape
  return {
    port,
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** The error a call ends with; a call that succeeds fails the test. */
async function failure(call: Promise<unknown>): Promise<OutboundError> {
  return call.then(
    () => expect.unreachable('the call succeeded'),
    (error: OutboundError) => error,
  );
}
