import type { EnvironmentVerdict } from '@privexbot/attestation';
import { expect, test } from 'vitest';
import type { FromWorker, ToWorker } from './messages.ts';
import { type ChannelWorker, type Line, openLine } from './open-line.ts';
import { type Connection, serveChannel } from './serve-channel.ts';

type Answer = (request: Request) => Response | Promise<Response>;

const VERDICT = verdictOf('simulated');

function verdictOf(verdict: EnvironmentVerdict['verdict']): EnvironmentVerdict {
  const environment = { id: 'env', identityKey: '', identityFingerprint: '', isFirstUse: true };
  return { verdict, checkedAt: '2026-11-28T12:00:00.000Z', environment, models: [], checks: [], limits: [] };
}

class Refusal extends Error {
  readonly verdict = verdictOf('not-verified');
}

/** A page and a worker over a real message channel; `lose` ends the worker as a crash does. */
function openPair({
  answer = () => new Response('ok'),
  check = async () => VERDICT,
}: {
  answer?: Answer;
  check?: Connection['check'];
} = {}) {
  const workers: { lose(): void }[] = [];
  const spawn = (): ChannelWorker => {
    const { port1: page, port2: inside } = new MessageChannel();
    const connection: Connection = {
      transport: async (request) => answer(request),
      check,
      recheck: check,
      last: VERDICT,
      words: async () => 'amber nine fox',
      evidence: () => ({ v: 1 }),
    };
    serveChannel(portOf<FromWorker, ToWorker>(inside), async () => connection);
    const worker: ChannelWorker = {
      ...portOf<ToWorker, FromWorker>(page),
      onerror: null,
      terminate: () => page.close(),
    };
    const given = portOf<ToWorker, FromWorker>(page, worker);
    worker.postMessage = given.postMessage;
    workers.push({
      lose() {
        page.close();
        worker.onerror?.({} as ErrorEvent);
      },
    });
    return worker;
  };
  const line = openLine(spawn, {});
  return { line, workers };
}

/** A port as workers have one: messages go to whatever `onmessage` is at that moment. */
function portOf<Out, In>(port: MessagePort, owner: { onmessage: ((event: MessageEvent<In>) => void) | null } = { onmessage: null }) {
  const own = Object.assign(owner, {
    postMessage: (message: Out, options: { transfer?: Transferable[] } = {}) => port.postMessage(message, options.transfer ?? []),
  });
  port.onmessage = (event) => own.onmessage?.(event);
  return own;
}

function request(path: string, init: RequestInit = {}): Request {
  return new Request(`http://privexbot.invalid${path}`, init);
}

async function settled(line: Line): Promise<void> {
  while (line.current().phase === 'checking') await new Promise<void>((resolve) => void line.subscribe(resolve));
}

test('the check begins by itself, and its verdict, words and history are there for the screens', async () => {
  const { line } = openPair();
  expect(line.current()).toMatchObject({ phase: 'checking', history: [] });
  await settled(line);
  expect(line.current()).toMatchObject({ phase: 'checked', verdict: { verdict: 'simulated' }, keyWords: 'amber nine fox' });
  line.recheck();
  await settled(line);
  expect(line.current().history.map(({ verdict }) => verdict)).toEqual(['simulated', 'simulated']);
  expect(await line.evidence()).toEqual({ v: 1 });
});

test('method, path, headers and body cross, and so do status, headers and body of the answer', async () => {
  const { line } = openPair({
    answer: async (given) => {
      const { pathname, search } = new URL(given.url);
      const seen = [given.method, pathname + search, given.headers.get('x-request-id'), await given.text()];
      return Response.json(seen, { status: 201, headers: { etag: '"1"' } });
    },
  });
  const response = await line.transport(request('/v1/x?y=1', { method: 'POST', body: 'typed', headers: { 'x-request-id': 'r' } }));
  expect([response.status, response.headers.get('etag')]).toEqual([201, '"1"']);
  expect(await response.json()).toEqual(['POST', '/v1/x?y=1', 'r', 'typed']);
});

test('an answer without a body crosses as one', async () => {
  const { line } = openPair({ answer: () => new Response(null, { status: 204 }) });
  const response = await line.transport(request('/'));
  expect([response.status, response.body]).toEqual([204, null]);
});

test('an answer arrives piece by piece, as it is made, and is not read ahead of its reader', async () => {
  let made = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        controller.enqueue(Uint8Array.of(++made));
        if (made === 50) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const { line } = openPair({ answer: () => new Response(body) });
  const reader = (await line.transport(request('/'))).body?.getReader();
  expect((await reader?.read())?.value).toEqual(Uint8Array.of(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(made).toBeLessThan(5);
  const rest: number[] = [];
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) rest.push(...next.value);
  expect(rest.at(-1)).toBe(50);
});

test('whoever leaves a stream ends it, and whoever gives up a request ends that', async () => {
  let cancelled = 0;
  const signals: AbortSignal[] = [];
  const { line } = openPair({
    answer: ({ signal }) => {
      signals.push(signal);
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => controller.enqueue(Uint8Array.of(1)),
        cancel: () => void cancelled++,
      });
      return new Response(body);
    },
  });
  const reader = (await line.transport(request('/'))).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await expect.poll(() => cancelled).toBe(1);

  const stop = new AbortController();
  const second = (await line.transport(request('/', { signal: stop.signal }))).body?.getReader();
  await second?.read();
  const pending = second?.read();
  stop.abort(new Error('left'));
  await expect(pending).rejects.toThrow('left');
  await expect.poll(() => signals[1]?.aborted).toBe(true);
});

test('a server that is refused gets nothing: the call fails with not_verified, and the screens have the verdict', async () => {
  const check = async () => {
    throw new Refusal('no');
  };
  const { line } = openPair({ check, answer: check });
  await expect(line.transport(request('/'))).rejects.toMatchObject({ code: 'not_verified' });
  await settled(line);
  expect(line.current()).toMatchObject({ phase: 'checked', verdict: { verdict: 'not-verified' } });
});

test('a server that does not answer the check is unreachable, and what was known of it stays known', async () => {
  let reachable = true;
  const check = async () => {
    if (!reachable) throw Object.assign(new Error('gone'), { code: 'transport_failed' });
    return VERDICT;
  };
  const { line } = openPair({ check });
  await settled(line);
  reachable = false;
  line.recheck();
  await settled(line);
  expect(line.current()).toMatchObject({ phase: 'unreachable', verdict: { verdict: 'simulated' } });
  expect(line.current().history.at(-1)?.verdict).toBe('unreachable');
});

test('a server that comes back is found quietly, and a call that gets through says so too', async () => {
  let reachable = false;
  const check = async () => {
    if (!reachable) throw Object.assign(new Error('gone'), { code: 'transport_failed' });
    return VERDICT;
  };
  const { line } = openPair({ check });
  await settled(line);
  const phases: string[] = [];
  line.subscribe(() => phases.push(line.current().phase));
  line.recheck({ quietly: true });
  await expect.poll(() => phases).toEqual(['unreachable']);
  reachable = true;
  line.recheck({ quietly: true });
  await expect.poll(() => phases).toEqual(['unreachable', 'checked']);

  reachable = false;
  line.recheck();
  await settled(line);
  await line.transport(request('/'));
  await expect.poll(() => line.current().phase).toBe('checked');
});

test('a lost worker fails what it was doing; the next request gets another one, which checks anew', async () => {
  const { line, workers } = openPair({ answer: () => new Response(new ReadableStream()) });
  await settled(line);
  const reader = (await line.transport(request('/'))).body?.getReader();
  const reading = reader?.read();
  workers[0]?.lose();
  await expect(reading).rejects.toMatchObject({ code: 'worker_lost' });
  expect(line.current().phase).toBe('unreachable');
  expect((await line.transport(request('/'))).status).toBe(200);
  await settled(line);
  expect(workers).toHaveLength(2);
  expect(line.current().phase).toBe('checked');
});
