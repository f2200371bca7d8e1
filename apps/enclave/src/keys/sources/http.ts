// One call to a key service: bounded in time and size, no redirects, errors that hold no secret.
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { systemCode } from '../../start-problem.ts';
import { NOTHING_CHANGED, RootKeyProblem } from '../root-key.ts';

export interface KeyServiceRequest {
  /** How the service is named in messages. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** A UNIX socket to send it through. */
  readonly socketPath?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface KeyServiceAnswer {
  readonly status: number;
  /** Parsed JSON; undefined where the body is empty or is none. */
  readonly body: unknown;
}

export const KEY_SERVICE_PATIENCE_MS = 10_000;
const MAX_ANSWER_BYTES = 1 << 20;

/** @throws RootKeyProblem `unreachable` if there is no whole answer in time */
export async function callKeyService(call: KeyServiceRequest, patienceMs = KEY_SERVICE_PATIENCE_MS): Promise<KeyServiceAnswer> {
  try {
    const { status, text } = await send(call, AbortSignal.timeout(patienceMs));
    return { status, body: parseJson(text) };
  } catch (error) {
    const why = error instanceof Error && error.name === 'AbortError' ? 'no answer in time' : (systemCode(error) ?? 'no proper answer');
    throw new RootKeyProblem(
      'unreachable',
      `${call.name} cannot be reached (${why}). Check PRIVEXBOT_ROOT_KEY and the network, and try again. ${NOTHING_CHANGED}`,
      { cause: error },
    );
  }
}

function send(
  { url, method, headers, body, socketPath }: KeyServiceRequest,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body ?? '');
    const sending: ClientRequest = (url.startsWith('https:') ? httpsRequest : httpRequest)(
      url,
      { method, signal, agent: false, headers: { ...headers, 'content-length': bytes.length }, ...(socketPath ? { socketPath } : {}) },
      (answer) => {
        const chunks: Uint8Array[] = [];
        let size = 0;
        answer.on('data', (chunk: Uint8Array) => {
          size += chunk.length;
          size > MAX_ANSWER_BYTES ? sending.destroy(new Error('the answer is too large')) : chunks.push(chunk);
        });
        answer.once('error', reject);
        answer.once('end', () => {
          if (!answer.complete) return reject(new Error('the answer was cut off'));
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    sending.once('error', reject);
    sending.end(bytes);
  });
}

function parseJson(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** A member of a JSON answer, wherever it is a string. */
export function readString(body: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>((value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined), body);
  return typeof found === 'string' ? found : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
