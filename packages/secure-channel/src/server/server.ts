import { randomBytes } from 'node:crypto';
import { ChannelError, REFUSALS } from '../errors.ts';
import { ByteReader } from '../protocol/byte-reader.ts';
import { concat, utf8 } from '../protocol/bytes.ts';
import { COALESCE_MS, CONTENT_TYPE, DEFAULT_PATH, KIND, MAX_HELLO_BYTES } from '../protocol/constants.ts';
import { REQUEST_HEADERS, RESPONSE_HEADERS } from '../protocol/http-heads.ts';
import { decodeKeyConfig, requireCurrent } from '../protocol/key-config.ts';
import { confirmation, deriveSecrets } from '../protocol/key-schedule.ts';
import { type AnswerCore, decodeHello, encodeAnswer, type Hello } from '../protocol/messages.ts';
import type { SuiteId } from '../protocol/suites.ts';
import { transcriptOf } from '../protocol/transcript.ts';
import { evidenceBatches, type GetEvidence } from './evidence-batches.ts';
import { nativeHashes as hashes } from './hashes.ts';
import { type Encapsulate, nativeEncapsulate } from './kem.ts';
import { type Handler, readPrefix, type ServedSession, type Session, servedSession } from './session.ts';
import { sessionStore } from './store.ts';
import { type Tickets, ticketsOf } from './tickets.ts';

/** What this environment says of itself in every answer. */
export interface Environment {
  /** Ed25519, raw. */
  readonly identityKey: Uint8Array;
  /** From `encodeKeyConfig`, and the identity's signature over `keyConfigToSign` of it. */
  readonly keyConfig: Uint8Array;
  readonly keyConfigSignature: Uint8Array;
  readonly release: Uint8Array;
  readonly launchManifest: Uint8Array;
  /** Sessions and tickets live as long as this stays the same: key epoch, release, policy and collateral in one string. */
  readonly generation: string;
}

export interface ChannelServerOptions {
  /** Asked at each handshake and request, so that it may change while serving; keep it cheap. */
  readonly environment: () => Environment;
  readonly evidence: GetEvidence;
  /** Suites for full handshakes; X-Wing alone by default. */
  readonly suites?: readonly SuiteId[];
  readonly path?: string;
  /** How long streamed tokens gather; 0 sends each by itself. */
  readonly coalesceMs?: number;
  /** How long handshakes gather for one quote; 0 takes one for each. */
  readonly batchMs?: number;
  readonly maxSessions?: number;
  readonly maxUnconfirmed?: number;
  readonly maxHandshakes?: number;
  readonly maxRequestBytes?: number;
  readonly requestHeaders?: readonly string[];
  readonly responseHeaders?: readonly string[];
  /** Stands in front of session ids, so that a balancer can find the replica. At most 32 bytes. */
  readonly routingHint?: Uint8Array;
  readonly now?: () => Date;
  readonly random?: (length: number) => Uint8Array;
  readonly encapsulate?: Encapsulate;
}

export interface ChannelServer extends Disposable {
  /** Answers a hello. @throws ChannelError */
  openSession(hello: Uint8Array): Promise<{ answer: Uint8Array<ArrayBuffer>; session: Session }>;
  /**
   * Everything that arrives at the channel's path: hellos and sealed requests. Refusals become answers; the handler's errors are the caller's.
   * @param signal aborted when the client goes away; the handler's request carries it
   * @param mayOpen asked once for each hello, which is `busy` if it may not
   */
  answer(
    body: Uint8Array | ReadableStream<Uint8Array>,
    handler: Handler,
    signal?: AbortSignal,
    mayOpen?: () => boolean,
  ): Promise<SealedAnswer>;
  /** The same over `Request` and `Response`, which cost a server about as much as the sealing does. */
  handle(request: Request, handler: Handler): Promise<Response>;
  /** Sessions held, and handshakes being answered. */
  readonly size: number;
  readonly handshakes: number;
}

/** What to send back over HTTP. */
export interface SealedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

const RENEW_TICKET_MS = 10 * 60_000;
const WHOLE_REQUEST_BYTES = 256 * 1024;

export function createChannelServer(options: ChannelServerOptions): ChannelServer {
  const { environment, suites = [1], path = DEFAULT_PATH, coalesceMs = COALESCE_MS, maxHandshakes = 256, random = randomBytes } = options;
  const { encapsulate = nativeEncapsulate, routingHint = new Uint8Array(), maxRequestBytes = 8 * 1024 * 1024 } = options;
  const nowMs = () => (options.now?.() ?? new Date()).getTime();
  const sessions = sessionStore<ServedSession>(
    { sessions: options.maxSessions ?? 10_000, unconfirmed: options.maxUnconfirmed ?? 1_000 },
    nowMs,
  );
  const tickets = ticketsOf(nowMs, random);
  const attest = evidenceBatches(options.evidence, options.batchMs ?? 0);
  const settings = {
    path,
    coalesceMs,
    maxRequestBytes,
    requestHeaders: new Set<string>([...REQUEST_HEADERS, ...(options.requestHeaders ?? [])]),
    responseHeaders: new Set<string>([...RESPONSE_HEADERS, ...(options.responseHeaders ?? [])]),
  };
  let handshakes = 0;

  async function openSession(helloBytes: Uint8Array) {
    const hello = decodeHello(helloBytes);
    const suite = hello.suites.find((offered) => (hello.ticket.length > 0 ? true : suites.includes(offered)));
    const publicKey = suite && hello.keyShares.get(suite);
    if (!publicKey) throw new ChannelError('no_common_suite');
    const { generation, ...stated } = environment();
    const now = nowMs();
    requireCurrent(decodeKeyConfig(stated.keyConfig), hello.origin, new Date(now));
    const { psk, openedAt, resumed } = resumption(tickets, hello, generation, now);

    const { ciphertext, secret } = encapsulate(suite, publicKey);
    const sessionId = concat(routingHint, random(16));
    const core: AnswerCore = { ...stated, suite, ciphertext, sessionId, resumed };
    const transcript = transcriptOf(hashes, hello, core);
    const secrets = deriveSecrets(hashes, transcript.hash, secret, psk);
    const attested = resumed
      ? { evidence: new Uint8Array(), batchPath: new Uint8Array() }
      : await attest(transcript.reportData, hello.nonce);
    const given = { ...attested, ticket: tickets.issue({ psk: secrets.resumption, openedAt }, generation) };
    const confirm = confirmation(hashes, secrets.confirmKey, transcript.hash, given);

    const id = keyOf(sessionId);
    let ticketAt = now;
    const renewTicket = () => {
      if (nowMs() - ticketAt < RENEW_TICKET_MS) return undefined;
      ticketAt = nowMs();
      return tickets.issue({ psk: secrets.resumption, openedAt }, generation);
    };
    const opened = { id: sessionId, openedAt, origin: hello.origin, generation, secrets, onUse: () => sessions.touch(id), renewTicket };
    const session = servedSession(opened, settings);
    sessions.add(id, session);
    return { answer: encodeAnswer({ ...core, ...given, confirm }), session };
  }

  async function answerHello(reader: ByteReader, mayOpen: () => boolean) {
    const rest = await reader.readAll(MAX_HELLO_BYTES);
    if (handshakes >= maxHandshakes || !mayOpen()) throw new ChannelError('busy');
    handshakes++;
    try {
      return (await openSession(concat(Uint8Array.of(KIND.hello), rest))).answer;
    } finally {
      handshakes--;
    }
  }

  async function serveSealed(reader: ByteReader, handler: Handler, signal: AbortSignal | undefined) {
    const { sessionId, streamId } = await readPrefix(reader);
    const session = sessions.find(keyOf(sessionId));
    if (session?.generation !== environment().generation) throw new ChannelError('rehandshake');
    return session.serve(streamId, reader, handler, signal);
  }

  async function answer(
    body: Uint8Array | ReadableStream<Uint8Array>,
    handler: Handler,
    signal?: AbortSignal,
    mayOpen = () => true,
  ): Promise<SealedAnswer> {
    try {
      const reader = new ByteReader(body);
      const kind = (await reader.read(1))?.[0];
      if (kind === KIND.hello) return { status: 200, contentType: CONTENT_TYPE, body: await answerHello(reader, mayOpen) };
      if (kind === KIND.sealedRequest) return { status: 200, contentType: CONTENT_TYPE, body: await serveSealed(reader, handler, signal) };
      throw new ChannelError('malformed_message');
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      const code = error.code === 'truncated' ? 'malformed_message' : error.code;
      return { status: REFUSALS[code].status, contentType: 'application/json', body: utf8(JSON.stringify({ code })) };
    }
  }

  return {
    openSession,
    answer,
    async handle(request, handler) {
      const { status, contentType, body } = await answer(await bodyOf(request), handler, request.signal);
      return new Response(body, { status, headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
    },
    get size() {
      return sessions.size;
    },
    get handshakes() {
      return handshakes;
    },
    [Symbol.dispose]: () => sessions.clear(),
  };
}

function resumption(tickets: Tickets, { ticket }: Hello, generation: string, now: number) {
  if (ticket.length === 0) return { psk: new Uint8Array(), openedAt: now, resumed: false };
  return { ...tickets.open(ticket, generation), resumed: true };
}

/** A small body is read at once, which costs less than reading it as a stream. */
async function bodyOf(request: Request): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  if (length <= WHOLE_REQUEST_BYTES) return new Uint8Array(await request.arrayBuffer());
  return request.body ?? new Uint8Array();
}

function keyOf(sessionId: Uint8Array): string {
  return Buffer.from(sessionId.buffer, sessionId.byteOffset, sessionId.length).toString('latin1');
}
