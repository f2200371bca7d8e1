import { type EnvironmentVerdict, keyWords, type Pins, type TrustAnchor } from '@privexbot/attestation';
import { ChannelError } from '@privexbot/secure-channel';
import { trustOf } from './anchors.ts';
import type { DeviceKey } from './device.ts';
import type { EvidenceBundle } from './evidence-bundle.ts';
import { type EnclaveChannel, type EnclaveResumption, openSession, type SessionSettings } from './open-session.ts';
import { memoryPins, type PinStore } from './pins.ts';
import type { Transport } from './transport.ts';

export interface EnclaveOptions {
  /** The environment's address, of which only the origin counts. */
  readonly url: string;
  /** Added to every request inside the channel, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the environment must be, where it was given by somebody who knows it. */
  readonly pins?: Pins;
  /** What was learned of environments; without it, it is forgotten with the connection. */
  readonly store?: PinStore;
  /** Development only: a production build knows the vendors' roots and takes no others. */
  readonly anchors?: readonly TrustAnchor[];
  readonly allowSimulated?: boolean;
  /** Carries the sealed messages; `fetch` by default. */
  readonly transport?: Transport;
  /** Sends bodies as they come instead of whole, where the transport can. */
  readonly streamUploads?: boolean;
  readonly now?: () => Date;
  /** Proven after each handshake, so that a sign-in belongs to this device. */
  readonly device?: DeviceKey;
  /** Told of each check that was made, passed or not. */
  readonly onVerdict?: (verdict: EnvironmentVerdict) => void;
}

/** A sealed connection to one environment, which is verified before anything is sent to it. */
export interface EnclaveConnection extends Disposable {
  /** @throws NotVerifiedError, ChannelError; what the signal gives if it was aborted */
  readonly transport: Transport;
  /** The verdict of the session that is open, or of the handshake that opens one now. @throws NotVerifiedError */
  check(): Promise<EnvironmentVerdict>;
  /** Asks for new evidence and opens a new session. @throws NotVerifiedError */
  recheck(): Promise<EnvironmentVerdict>;
  /** The last check, passed or not. */
  readonly last: EnvironmentVerdict | undefined;
  /** Three words that are the same at both ends of the session that is open now, and at no other. @throws NotVerifiedError */
  words(): Promise<string>;
  /** What the last check looked at. @throws Error if nothing has been checked yet */
  evidence(): EvidenceBundle;
}

interface Session {
  readonly channel: EnclaveChannel;
  /** Milliseconds since 1970. */
  usedAt: number;
}

const MINUTE = 60_000;
/** A little less than what servers keep: docs/secure-channel.md §8. */
const IDLE_MS = 55 * MINUTE;
const AGE_MS = 290 * MINUTE;
/** After such a rest a session is tried with a harmless request before one that must not be sent twice. */
const REST_MS = MINUTE;
/** Waits before a handshake or request that met a busy server. */
const BUSY_WAITS_MS: readonly number[] = [250, 1_000, 2_500];

/** Opens nothing yet: the first request, or `check`, does. Requests that come while it is being opened wait for the same handshake. */
export function openEnclave(options: EnclaveOptions): EnclaveConnection {
  const { headers = {}, now = () => new Date(), onVerdict, url, pins = {}, store = memoryPins() } = options;
  const { transport, streamUploads, device } = options;
  let last: EnvironmentVerdict | undefined;
  let bundle: EvidenceBundle | undefined;
  let current: Session | undefined;
  let opening: Promise<Session> | undefined;
  let resume: EnclaveResumption | undefined;
  let isClosed = false;

  const settings: SessionSettings = {
    origin: new URL(url).origin,
    trust: trustOf(options),
    pins,
    store,
    now,
    ...(transport && { transport }),
    ...(streamUploads && { streamUploads }),
    ...(device && { device }),
    onChecked(verdict, looked) {
      last = verdict;
      bundle = looked ?? bundle;
      onVerdict?.(verdict);
    },
  };

  async function open(): Promise<Session> {
    const ticket = resume;
    resume = undefined;
    const channel = await patiently(() => openSession(settings, ticket));
    if (isClosed) channel.close();
    return { channel, usedAt: now().getTime() };
  }

  /** The session in use, or the one that is being opened for all who wait. */
  function session(): Promise<Session> {
    if (isClosed) return Promise.reject(new ChannelError('closed'));
    if (current && isGood(current)) return Promise.resolve(current);
    leave(current);
    opening ??= open()
      .then((opened) => {
        current = opened;
        return opened;
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  }

  function isGood({ channel, usedAt }: Session): boolean {
    const at = now().getTime();
    return at - usedAt < IDLE_MS && isValid(channel.proof.verdict, at);
  }

  /** Streams that run go on; what comes next gets another session, without new evidence as long as the verdict is good. */
  function leave(left: Session | undefined): void {
    if (!left || left !== current) return;
    current = undefined;
    const ticket = left.channel.resumption();
    resume = ticket && isValid(ticket.proof.verdict, now().getTime()) ? ticket : undefined;
  }

  async function send(given: Request): Promise<Response> {
    const request = withHeaders(given, headers);
    const mayRepeat = isSafe(request) || request.headers.has('idempotency-key');
    for (let repeats = 0; ; repeats++) {
      const used = await untilAborted(mayRepeat ? session() : livingSession(), request.signal);
      try {
        const response = await used.channel.fetch(mayRepeat ? request.clone() : request);
        used.usedAt = now().getTime();
        return response;
      } catch (error) {
        if (!(error instanceof ChannelError) || (error.code !== 'rehandshake' && error.code !== 'busy')) throw error;
        if (error.code === 'rehandshake') leave(used);
        const wait = error.code === 'busy' ? BUSY_WAITS_MS[repeats] : 0;
        if (!mayRepeat || wait === undefined || repeats > BUSY_WAITS_MS.length) throw error;
        if (wait > 0) await untilAborted(sleep(wait), request.signal);
      }
    }
  }

  /** A server that restarted knows no sessions: better to learn it from a request that may be sent again. */
  async function livingSession(): Promise<Session> {
    const found = await session();
    if (now().getTime() - found.usedAt < REST_MS) return found;
    try {
      const response = await found.channel.fetch(new Request('http://privexbot.invalid/healthz'));
      await response.body?.cancel();
      found.usedAt = now().getTime();
      return found;
    } catch (error) {
      if (!(error instanceof ChannelError) || error.code !== 'rehandshake') throw error;
      leave(found);
      return session();
    }
  }

  return {
    transport: send,
    check: async () => (await session()).channel.proof.verdict,
    async recheck() {
      await opening?.catch(() => undefined);
      leave(current);
      resume = undefined;
      return (await session()).channel.proof.verdict;
    },
    get last() {
      return last;
    },
    words: async () => keyWords((await session()).channel.export('words', 32)),
    evidence() {
      if (!bundle) throw new Error('Nothing has been checked yet.');
      return bundle;
    },
    [Symbol.dispose]() {
      isClosed = true;
      current?.channel.close();
      current = undefined;
      resume = undefined;
    },
  };
}

/** Whether new evidence is not due yet; a session that was resumed counts from the handshake that had evidence. */
function isValid({ validUntil, checkedAt }: EnvironmentVerdict, at: number): boolean {
  const from = Date.parse(checkedAt);
  const until = validUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(validUntil);
  return at - from < AGE_MS && (at < until || until <= from);
}

/** RFC 9110 §9.2.1: to send it twice changes no more than to send it once. */
function isSafe({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function withHeaders(request: Request, headers: Readonly<Record<string, string>>): Request {
  const names = Object.entries(headers);
  if (names.length === 0) return request;
  const sent = new Request(request);
  for (const [name, value] of names) sent.headers.set(name, value);
  return sent;
}

/** A hello that met a busy server holds nothing that must not be sent again. */
async function patiently<T>(handshake: () => Promise<T>): Promise<T> {
  for (const wait of BUSY_WAITS_MS) {
    try {
      return await handshake();
    } catch (error) {
      if (!(error instanceof ChannelError) || error.code !== 'busy') throw error;
      await sleep(wait);
    }
  }
  return handshake();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What is waited for is shared with others: whoever gives up stops waiting, and it goes on. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
