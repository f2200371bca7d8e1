import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { StartProblem, systemCode } from '../start-problem.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface ListeningApp {
  fetch(request: Request, env: object): Response | Promise<Response>;
  /** The sealed channel: what is for it, and what serves that. */
  readonly sealed?: {
    takes(incoming: IncomingMessage): boolean;
    serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  };
  listensAt?(port: number): void;
}

interface Listening extends AsyncDisposable {
  readonly port: number;
}

const DRAIN_MS = 10_000;
const IDLE_CHECK_MS = 20;

/**
 * Listens until disposed; then finishes requests under way, for ten seconds at most.
 * @throws StartProblem if the address is taken or not allowed
 */
export async function listen(app: ListeningApp, { host, port }: Address): Promise<Listening> {
  const plain = getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => {
    if (app.sealed?.takes(incoming)) void app.sealed.serve(incoming, outgoing).catch(() => outgoing.destroy());
    else void plain(incoming, outgoing);
  });
  server.requestTimeout = 120_000;
  // Longer than clients and proxies keep an idle connection, else they send a request just as it is closed.
  server.keepAliveTimeout = 65_000;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(explain(error, host, port)));
  server.listen(port, host, resolve);
  await promise;
  const { port: actual } = server.address() as AddressInfo;
  app.listensAt?.(actual);
  return {
    port: actual,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      // A connection kept alive becomes idle only when its request has ended.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(late);
    },
  };
}

function explain(error: Error, host: string, port: number): Error {
  const code = systemCode(error);
  if (code === 'EADDRINUSE')
    return new StartProblem(`Port ${port} on ${host} is taken. Set PRIVEXBOT_PORT to a free one. Nothing was changed.`);
  if (code === 'EACCES')
    return new StartProblem(`Port ${port} may not be used by this user. Set PRIVEXBOT_PORT to one above 1023. Nothing was changed.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartProblem(`${host} is no address of this machine. Set PRIVEXBOT_HOST. Nothing was changed.`);
  return error;
}
