/**
 * A stand-in for dstack's guest agent, from its published RPC: `POST /GetKey` over a UNIX socket derives a key from path and
 * application. dstack itself was never run against this code.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openDstack } from '../dstack.ts';
import { fileWrappedStore } from '../wrapped-store.ts';
import { type Harness, makeFolder } from './harness.fixture.ts';
import { type KeyServer, startKeyServer } from './key-server.fixture.ts';

export interface FakeDstack extends Harness {
  readonly server: KeyServer;
  /** The file of wrapped keys. */
  readonly wrapped: string;
}

export async function startFakeDstack(): Promise<FakeDstack> {
  await using stack = new AsyncDisposableStack();
  const folder = await makeFolder(stack);
  const root = randomBytes(32);
  const server = stack.use(
    await startKeyServer(
      ({ method, path, body }) => {
        if (method !== 'POST' || path !== '/GetKey') return { status: 404 };
        const key = createHmac('sha256', root)
          .update((JSON.parse(body) as { path: string }).path)
          .digest('hex');
        return { status: 200, body: { key, signature_chain: ['00', '00'] } };
      },
      join(folder, 'dstack.sock'),
    ),
  );
  const wrapped = join(folder, 'data.epochs');
  const owned = stack.move();
  return {
    server,
    wrapped,
    secrets: [],
    open: async () => openDstack({ socket: server.url, store: fileWrappedStore(wrapped, true), patienceMs: 5_000 }),
    takeAway: async () => server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
