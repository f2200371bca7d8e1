// Whoever sits between browser and enclave: sees every byte, and may change what passes.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What passed, as the network saw it. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly status: number;
  readonly answerHeaders: IncomingHttpHeaders;
  readonly answer: Buffer;
}

/** What the first byte of a body at the channel says: docs/secure-channel.md §9. */
export const HELLO = 0;
export const SEALED = 1;

export type Kind = 'handshake' | 'sealed' | 'page' | 'asset' | 'foreign';

/** @param assets paths of the files that the release lists */
export function kindOf({ method, path, headers, body }: Passed, assets: Readonly<Record<string, string>>): Kind {
  if (method === 'POST' && path === '/channel') return body[0] === HELLO ? 'handshake' : body[0] === SEALED ? 'sealed' : 'foreign';
  if (method === 'GET' && ['navigate', 'nested-navigate'].includes(String(headers['sec-fetch-mode']))) return 'page';
  return method === 'GET' && path in assets ? 'asset' : 'foreign';
}

/** Everything of it that somebody on the way can read, as one text. */
export function readableOf({ path, headers, body, answerHeaders, answer }: Passed): string {
  return Buffer.concat([body, answer, Buffer.from(JSON.stringify([path, headers, answerHeaders]))]).toString('latin1');
}

/** Bodies on their way; the channel's are whole in these. */
interface Tampering {
  up?(body: Buffer, path: string): Buffer;
  down?(body: Buffer, path: string, asked: Buffer): Buffer;
}

export interface Wire extends AsyncDisposable {
  /** The address that browsers are given. */
  readonly url: string;
  /** Where requests go; may change while others are under way. */
  target: string;
  readonly passed: Passed[];
  /** While it is set nothing streams: bodies are held until they are whole. */
  tampering: Tampering | undefined;
}

/** Listens on a loopback port of its own. */
export async function openWire(): Promise<Wire> {
  const passed: Passed[] = [];
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing).catch(() => outgoing.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    passed,
    tampering: undefined,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const { tampering, target } = wire;
    const body = await bytesOf(incoming);
    const sent = tampering?.up?.(body, path) ?? body;
    const up = request(target + path, { method, headers: { ...headers, 'content-length': sent.length }, agent: false });
    outgoing.once('close', () => up.destroy());
    const down = await new Promise<IncomingMessage>((resolve, reject) => up.once('response', resolve).once('error', reject).end(sent));
    const chunks: Buffer[] = [];
    if (!tampering) outgoing.writeHead(down.statusCode ?? 502, down.headers);
    for await (const chunk of down) {
      chunks.push(chunk as Buffer);
      if (!tampering) outgoing.write(chunk);
    }
    const answer = Buffer.concat(chunks);
    if (tampering) {
      const changed = tampering.down?.(answer, path, body) ?? answer;
      const { 'transfer-encoding': _, ...kept } = down.headers;
      outgoing.writeHead(down.statusCode ?? 502, { ...kept, 'content-length': changed.length }).write(changed);
    }
    outgoing.end();
    passed.push({ method, path, headers, body, status: down.statusCode ?? 0, answerHeaders: down.headers, answer });
  }
  return wire;
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
