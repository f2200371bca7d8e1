import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@privexbot/secure-channel';
import { makeServer, ORIGIN, verifyTestEvidence } from '../packages/secure-channel/src/test-environment.ts';
import { load, type Row } from './measure.ts';

const CONCURRENT = 64;
const SECONDS = Number(process.env.PRIVEXBOT_BENCH_SECONDS ?? 10);
const TOKENS = Array.from({ length: 30 }, (_, n) => new TextEncoder().encode(`data: {"token":"tok${n} "}\n\n`));
const ECHO = JSON.stringify({ message: 'What does the handbook say about leave?', top: 5, stream: false });

/** Processor time of one server process for the same answers, in the clear and sealed; and what a handshake costs it. */
export async function run(): Promise<Row[]> {
  await using server = await startChannelServer();
  const sealed = await Promise.all(Array.from({ length: CONCURRENT }, () => open(server.url)));
  const at = (n: number) => sealed[n % CONCURRENT] ?? fetch;
  const costOf = async (name: string, send: (n: number) => Promise<unknown>) => {
    const measured = await load(server.pid, CONCURRENT, SECONDS, send);
    return { ...measured, row: { name: `${name}, processor`, value: measured.cpuMsEach, unit: 'CPU-ms' } };
  };
  const plainEcho = await costOf('plain JSON echo', () => echo(fetch, server.url));
  const sealedEcho = await costOf('sealed JSON echo', (n) => echo(at(n), ORIGIN));
  const plainStream = await costOf('plain stream of 30 chunks', () => stream(fetch, server.url));
  const sealedStream = await costOf('sealed stream of 30 chunks', (n) => stream(at(n), ORIGIN));
  const handshake = await costOf('sealed handshake, without the quote', () => open(server.url));
  return [
    ...[plainEcho, sealedEcho, plainStream, sealedStream, handshake].map(({ row }) => row),
    { name: 'sealed over plain, JSON echo', value: sealedEcho.cpuMsEach / plainEcho.cpuMsEach, unit: 'x' },
    { name: 'sealed over plain, stream of 30 chunks', value: sealedStream.cpuMsEach / plainStream.cpuMsEach, unit: 'x' },
    { name: 'sealed streams of 30 chunks, per core', value: 1_000 / sealedStream.cpuMsEach, unit: '/s' },
  ];
}

type Send = (request: Request) => Promise<Response>;

async function open(url: string): Promise<Send> {
  const channel = await connect({ url: `${url}/channel`, origin: ORIGIN, verify: verifyTestEvidence });
  return (request) => channel.fetch(request);
}

async function echo(send: Send, url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await send(new Request(`${url}/echo`, { method: 'POST', body: ECHO, headers }));
  if ((await response.text()) !== ECHO) throw new Error('another echo');
}

async function stream(send: Send, url: string): Promise<void> {
  const response = await send(new Request(`${url}/stream`, { method: 'POST', body: ECHO }));
  if (!(await response.text()).includes('tok29')) throw new Error('an answer without its end');
}

async function startChannelServer(): Promise<{ url: string; pid: number } & AsyncDisposable> {
  const arguments_ = ['--disable-warning=ExperimentalWarning', import.meta.filename];
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: line.toString().trim(),
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The same handler on both ways. */
async function answer(request: Request): Promise<Response> {
  const body = await request.text();
  if (new URL(request.url).pathname === '/echo') return new Response(body, { headers: { 'content-type': 'application/json' } });
  let sent = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    await new Promise(setImmediate);
    const token = TOKENS[sent++];
    if (token) controller.enqueue(token);
    else controller.close();
  };
  return new Response(new ReadableStream({ pull }), { headers: { 'content-type': 'text/event-stream' } });
}

async function serve(): Promise<void> {
  const channel = makeServer();
  const http = createServer(async (incoming, outgoing) => {
    const body = await bytesOf(incoming);
    if (incoming.url === '/channel') {
      const { status, contentType, body: sealed } = await channel.answer(body, answer);
      return send(status, { 'content-type': contentType }, sealed, outgoing);
    }
    const headers = { 'content-type': incoming.headers['content-type'] ?? '' };
    const response = await answer(new Request(ORIGIN + incoming.url, { method: 'POST', headers, body }));
    return send(response.status, Object.fromEntries(response.headers), response.body ?? new Uint8Array(), outgoing);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  process.once('SIGTERM', () => process.exit(0));
}

async function bytesOf(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}

type Body = Uint8Array | ReadableStream<Uint8Array>;

async function send(status: number, headers: Record<string, string>, body: Body, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, headers);
  if (body instanceof Uint8Array) return void outgoing.end(body);
  for await (const chunk of body) outgoing.write(chunk);
  outgoing.end();
}

if (import.meta.main) await serve();
