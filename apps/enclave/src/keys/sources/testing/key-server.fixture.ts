// An HTTP server on a loopback port or a UNIX socket, for the fakes of key services.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
}

export interface KeyServer extends AsyncDisposable {
  readonly url: string;
  /** Answers instead of the service, as long as it is set. */
  failWith: FakeAnswer | 'silence' | 'cut' | undefined;
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[];
}

export async function startKeyServer(
  answer: (request: {
    method: string;
    path: string;
    headers: IncomingMessage['headers'];
    body: string;
  }) => FakeAnswer | Promise<FakeAnswer>,
  socketPath?: string,
): Promise<KeyServer> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    keyServer.requests.push(request);
    const { failWith } = keyServer;
    if (failWith === 'silence') return;
    if (failWith === 'cut') {
      outgoing.writeHead(200, { 'content-length': '1000' });
      outgoing.write('{"data":');
      return void setTimeout(() => outgoing.destroy(), 20);
    }
    const { status, body } = failWith ?? (await answer(request));
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => (socketPath ? server.listen(socketPath, resolve) : server.listen(0, '127.0.0.1', resolve)));
  const keyServer: KeyServer = {
    url: socketPath ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failWith: undefined,
    requests: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return keyServer;
}
