// Somebody on the way between browser and server who ends TLS: sees and keeps everything, and changes what an attack tells.
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TAKE_OVER } from './take-over.ts';

export type MessageKind = 'hello' | 'sealed' | 'other';

/** One request and its answer, as the browser sent and got them. */
export interface Passed {
  readonly kind: MessageKind;
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string | string[] | undefined>>;
  readonly request: Buffer;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string | string[] | undefined>>;
  readonly response: Buffer;
}

/** What the server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * What is done to hellos and sealed requests instead of passing them on. `forward` sends bytes to the server, as often as the attack likes;
 * what is returned goes to the browser. Undefined: the message passes as it is, and streams.
 */
export type Attack = (message: {
  kind: 'hello' | 'sealed';
  body: Buffer;
  forward: Forward;
  passed: readonly Passed[];
}) => Promise<Answer> | undefined;

type Forward = (body: Uint8Array, target?: string) => Promise<Answer>;

export interface HostileProxy extends AsyncDisposable {
  /** What browsers open; the environment must speak for this origin, so give it to the server as its public address. */
  readonly url: string;
  /** The server behind it, which may be started after the proxy. */
  target: string;
  attack: Attack | undefined;
  /** How often the attack acted. */
  readonly attacked: number;
  readonly passed: readonly Passed[];
  /** What passed with this text in clear: in an address, a header or a body. */
  withText(text: string): readonly Passed[];
  /** Forgets what passed. */
  clear(): void;
}

const CHANNEL_PATH = '/channel';
const KINDS: readonly MessageKind[] = ['hello', 'sealed'];

/** Listens on loopback, on a port of its own. */
export async function startHostileProxy(target = ''): Promise<HostileProxy> {
  const passed: Passed[] = [];
  let attacked = 0;
  const server = createServer(async (incoming, outgoing) => {
    try {
      await pass(incoming, outgoing);
    } catch {
      outgoing.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: HostileProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    attack: undefined,
    get attacked() {
      return attacked;
    },
    get passed() {
      return [...passed];
    },
    withText: (text) => passed.filter((one) => inClear(one, text)),
    clear: () => void passed.splice(0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>));
    const kind = method === 'POST' && path === CHANNEL_PATH ? (KINDS[body[0] ?? 2] ?? 'other') : 'other';
    const keep = (status: number, responseHeaders: Passed['responseHeaders'], response: Buffer) =>
      passed.push({ kind, method, path, requestHeaders: headers, request: body, status, responseHeaders, response });
    const forward: Forward = async (bytes, other = proxy.target) => {
      const answer = await exchange(other, { method, path, headers }, bytes);
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)),
      };
    };
    const own = kind === 'other' ? undefined : proxy.attack?.({ kind, body, forward, passed });
    if (own) {
      const answer = await own;
      attacked++;
      keep(answer.status, answer.headers, answer.body);
      outgoing.writeHead(answer.status, withoutLength(answer.headers)).end(answer.body);
      return;
    }
    const answer = await exchange(proxy.target, { method, path, headers }, body);
    outgoing.once('close', () => answer.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      outgoing.write(chunk);
    }
    outgoing.end();
    keep(answer.statusCode ?? 0, answer.headers, Buffer.concat(chunks));
  }

  return proxy;
}

function inClear({ path, requestHeaders, request, responseHeaders, response }: Passed, text: string): boolean {
  return (
    [path, decodeURIComponentOr(path), JSON.stringify(requestHeaders), JSON.stringify(responseHeaders)].some((place) =>
      place.includes(text),
    ) || [request, response].some((bytes) => bytes.includes(text))
  );
}

function decodeURIComponentOr(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function exchange(
  target: string,
  { method, path, headers }: { method: string; path: string; headers: IncomingMessage['headers'] },
  body: Uint8Array,
) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const { 'transfer-encoding': _, ...others } = headers;
    // Asked without compression, so that what passed can be searched.
    const own = { ...others, 'accept-encoding': 'identity', ...(body.length > 0 && { 'content-length': String(body.length) }) };
    send({ hostname, port, method, path, headers: own, agent: false }, resolve).once('error', reject).end(body);
  });
}

function withoutLength(headers: Answer['headers']): Record<string, string | string[] | undefined> {
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...others } = headers;
  return others;
}

/** For sealed requests, whose answers are changed; hellos pass. */
function onAnswers(change: (frames: Buffer[]) => Buffer[]): Attack {
  return ({ kind, body, forward }) =>
    kind === 'sealed' ? forward(body).then((answer) => ({ ...answer, body: Buffer.concat(change(framesOf(answer.body))) })) : undefined;
}

/** docs/secure-channel.md §7: each frame begins with its length. */
function framesOf(body: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 4 <= body.length; ) {
    const end = at + 4 + body.readUInt32BE(at);
    frames.push(body.subarray(at, end));
    at = end;
  }
  return frames;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** Attacks by name, with what a client of the channel calls them when they are noticed; those of frames are for answers of several. */
export const ATTACKS = {
  /** The client's key in the hello becomes the attacker's: the enclave seals to somebody else. */
  'key of the client swapped': {
    code: 'handshake_failed',
    attack: ({ kind, body, forward }) =>
      kind === 'hello' ? TAKE_OVER.withOwnHello(body, async (hello) => (await forward(hello)).body).then(answered) : undefined,
  },
  /** The enclave's key in the answer becomes the attacker's, who then has all keys and confirms with them: only the evidence tells. */
  'key of both swapped': {
    code: 'evidence_refused',
    attack: ({ kind, body, forward }) =>
      kind === 'hello' ? TAKE_OVER.asEnclave(body, async (hello) => (await forward(hello)).body).then(answered) : undefined,
  },
  'a bit of the hello changed': {
    code: 'handshake_failed',
    // In the nonce, so that the enclave still answers.
    attack: ({ kind, body, forward }) => (kind === 'hello' ? forward(flipped(body, 50)) : undefined),
  },
  'an old sealed request in the place of the new one': {
    code: 'record_refused',
    attack: ({ kind, body, forward, passed }) =>
      kind === 'sealed' ? forward(passed.find((one) => one.kind === 'sealed')?.request ?? body) : undefined,
  },
  'an old answer in the place of the new one': {
    code: 'record_refused',
    attack: ({ kind, body, forward, passed }) => {
      const old = passed.find((one) => one.kind === 'sealed');
      return kind === 'sealed' && old ? forward(body).then((answer) => ({ ...answer, body: old.response })) : undefined;
    },
  },
  'a bit of the request changed': {
    code: 'record_refused',
    attack: ({ kind, body, forward }) => (kind === 'sealed' ? forward(flipped(body, body.length - 1)) : undefined),
  },
  'a bit of the answer changed': { code: 'record_refused', attack: onAnswers((frames) => [flipped(Buffer.concat(frames), 40)]) },
  'a frame dropped': { code: 'record_refused', attack: onAnswers((frames) => frames.slice(1)) },
  'frames in another order': { code: 'record_refused', attack: onAnswers((frames) => frames.toReversed()) },
  'a frame repeated': { code: 'record_refused', attack: onAnswers((frames) => frames.flatMap((frame) => [frame, frame])) },
  'the answer cut': { code: 'truncated', attack: onAnswers((frames) => frames.slice(0, -1)) },
} as const satisfies Record<string, { readonly code: string; readonly attack: Attack }>;

/** Sends every sealed request twice and shows the browser the answer to the first. @returns the attack, and how the server answered the second time */
export function deliverTwice(): { readonly attack: Attack; readonly second: readonly Answer[] } {
  const second: Answer[] = [];
  return {
    second,
    attack: ({ kind, body, forward }) =>
      kind === 'sealed'
        ? forward(body).then(async (first) => {
            second.push(await forward(body));
            return first;
          })
        : undefined,
  };
}

/** Everything goes to another server, which may run the same release. */
export function answerBy(other: string): Attack {
  return ({ body, forward }) => forward(body, other);
}

function answered(body: Buffer): Answer {
  return { status: 200, headers: { 'content-type': 'application/vnd.privexbot.channel', 'cache-control': 'no-store' }, body };
}
