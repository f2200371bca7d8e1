/** The worker's side: checking and sealing happen here, away from the page. */
import type { EnvironmentVerdict } from '@privexbot/attestation';
import type { ChannelSettings, CrossedError, FromWorker, ToWorker } from './messages.ts';

/** A sealed connection, as the SDK's `openEnclave` gives it. */
export interface Connection {
  transport(request: Request): Promise<Response>;
  /** The verdict of the connection, which is made if there is none. */
  check(): Promise<EnvironmentVerdict>;
  recheck(): Promise<EnvironmentVerdict>;
  readonly last?: EnvironmentVerdict | undefined;
  /** Three words that are the same at both ends of this session, and at no other. */
  words?(): Promise<string>;
  evidence(): unknown;
  /** Whether hardware ever vouched for the environment that is remembered; undefined where none is, or where a link names one. */
  wasVerified?(): Promise<boolean | undefined>;
  /** Forgets the environment and this device's key. The page is loaded anew after it. */
  forget?(): Promise<void>;
}

interface Port {
  postMessage(message: FromWorker, options?: { transfer?: Transferable[] }): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

interface Running {
  readonly abort: AbortController;
  reader?: ReadableStreamDefaultReader<Uint8Array>;
}

/** Serves one page through `port` with the connection that `open` makes. */
export function serveChannel(port: Port, open: (settings: ChannelSettings) => Promise<Connection>): void {
  let connection: Promise<Connection> | undefined;
  /** What the page was told last; nothing while it is told that the server cannot be reached. */
  let reported: EnvironmentVerdict | undefined;
  const running = new Map<number, Running>();

  const answers: { [K in ToWorker['do']]: (message: Extract<ToWorker, { do: K }>) => unknown } = {
    open({ settings }) {
      connection = open(settings);
      // Whoever asks next is told why; until then nobody may be left without a handler.
      connection.catch(() => undefined);
    },
    check: ({ fresh }) => check(fresh),
    evidence: ({ id }) => answering(id, async () => port.postMessage({ is: 'evidence', id, evidence: (await opened()).evidence() })),
    forget: ({ id }) =>
      answering(id, async () => {
        await (await opened()).forget?.();
        port.postMessage({ is: 'forgotten', id });
      }),
    request: (message) => answering(message.id, () => request(message)),
    pull: ({ id }) => answering(id, () => pull(id)),
    leave({ id }) {
      running.get(id)?.abort.abort();
      // A stream that is being read is ended by its request's signal; one that waits is not.
      void running
        .get(id)
        ?.reader?.cancel()
        .catch(() => undefined);
      running.delete(id);
    },
  };
  // The table is keyed by the message's own kind, which TypeScript cannot follow through an index.
  port.onmessage = ({ data }) => void (answers[data.do] as (message: ToWorker) => unknown)(data);

  async function opened(): Promise<Connection> {
    if (!connection) throw new Error('a message came before “open”');
    return connection;
  }

  async function check(fresh: boolean): Promise<void> {
    port.postMessage({ is: 'checking' });
    try {
      const line = await opened();
      await report(fresh ? await line.recheck() : await line.check());
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict) return await report(verdict);
      reported = undefined;
      port.postMessage({ is: 'unreachable' });
    }
  }

  async function report(verdict: EnvironmentVerdict): Promise<void> {
    reported = verdict;
    const keyWords = verdict.verdict === 'not-verified' ? undefined : await (await opened()).words?.();
    const wasVerified = await (await opened()).wasVerified?.();
    port.postMessage({ is: 'checked', verdict, ...(keyWords ? { keyWords } : {}), wasVerified });
  }

  /** A request may have had to open another session, and that session brought a verdict of its own. */
  async function reportNews(): Promise<void> {
    const last = (await opened()).last;
    if (last && last !== reported) await report(last);
  }

  async function request({ id, method, path, headers, body }: Extract<ToWorker, { do: 'request' }>): Promise<void> {
    const abort = new AbortController();
    running.set(id, { abort });
    const line = await opened();
    const init = { method, headers: headers as [string, string][], body, signal: abort.signal };
    // The origin is a placeholder: the connection knows its server.
    const response = await line.transport(new Request(`http://privexbot.invalid${path}`, init));
    const reader = response.body?.getReader();
    if (!running.has(id)) return void reader?.cancel();
    if (reader) running.set(id, { abort, reader });
    else running.delete(id);
    port.postMessage({ is: 'head', id, status: response.status, headers: [...response.headers], hasBody: reader !== undefined });
    await reportNews();
  }

  async function pull(id: number): Promise<void> {
    const next = await running.get(id)?.reader?.read();
    if (!next || !running.has(id)) return;
    if (next.done) {
      running.delete(id);
      return port.postMessage({ is: 'end', id });
    }
    const bytes = next.value.slice().buffer;
    port.postMessage({ is: 'piece', id, bytes }, { transfer: [bytes] });
  }

  async function answering(id: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      running.delete(id);
      const verdict = verdictOf(error);
      if (verdict && verdict !== reported) await report(verdict);
      port.postMessage({ is: 'failed', id, error: crossed(error) });
    }
  }
}

/** The verdict that an error carries because it says why nothing was sent. */
function verdictOf(error: unknown): EnvironmentVerdict | undefined {
  return error instanceof Error && 'verdict' in error ? (error.verdict as EnvironmentVerdict) : undefined;
}

function crossed(error: unknown): CrossedError {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  if (verdictOf(error)) return { code: 'not_verified', message: error.message };
  return { code: 'code' in error && typeof error.code === 'string' ? error.code : 'failed', message: error.message };
}
