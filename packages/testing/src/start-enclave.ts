// The real app, in process, on a real PostgreSQL database of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OrgId, UserId, WorkspaceId } from '@privexbot/contract';
import { createApp } from '@privexbot/enclave/app.ts';
import { readConfig } from '@privexbot/enclave/config.ts';
import type { Context } from '@privexbot/enclave/context.ts';
import { listen } from '@privexbot/enclave/http/listen.ts';
import type { ChannelCaller } from '@privexbot/enclave/http/scope.ts';
import type { RootKeySource } from '@privexbot/enclave/keys/root-key.ts';
import { createMemorySource } from '@privexbot/enclave/keys/sources/memory.fixture.ts';
import { openContext } from '@privexbot/enclave/open-context.ts';
import { type Client, createClient, type Transport } from '@privexbot/sdk';
import pg from 'pg';
import { createChannel, createDevice, type Device, proveFirst } from './device.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

/** What outlives a server: hand it to the next one to see a restart. */
export interface Storage extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly rootKey: RootKeySource;
  readonly blobFolder: string;
}

export interface EnclaveOptions {
  /** As in the environment, such as `{ PRIVEXBOT_SIGN_UP: 'first' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Kept when the enclave is disposed; without it the enclave has its own, which goes with it. */
  readonly storage?: Storage;
  /** Whether other enclaves run on the storage at the same time. */
  readonly isReplica?: boolean;
}

export interface Person {
  readonly client: Client;
  readonly transport: Transport;
  readonly email: string;
  readonly password: string;
  readonly user: UserId;
  /** The first organization and its first workspace. */
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
  /** Proves again who they are, for what asks for that after some minutes. */
  prove(): Promise<void>;
}

export interface Enclave extends AsyncDisposable {
  readonly context: Context;
  /** A caller with a sealed session and a network address of its own, on a new device, or with an API key. */
  transport(by?: string | Device): Transport;
  /** A caller with a network address of its own, and a sealed session where one is given, that proves nothing by itself. */
  bareTransport(channel?: ChannelCaller, apiKey?: string): Transport;
  /** A new sealed session. */
  openChannel(): ChannelCaller;
  client(apiKey?: string): Client;
  /** A new person with an organization, or one who joins by invitation. */
  signUp(wish?: { email?: string; organization?: string; invitation?: string }): Promise<Person>;
  /** Opens a loopback port of its own for callers outside this process; closed with the enclave. Resolves with the address. */
  listen(): Promise<string>;
  /** Moves the server's clock on. */
  advance(ms: number): void;
  /** Runs SQL as the database's owner, whom row security does not bind: for forging and for looking at what is stored. */
  forge<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
}

export const PASSWORD = 'correct horse battery';
const ORIGIN = 'http://127.0.0.1';
let addresses = 0;
let people = 0;

export async function createStorage(): Promise<Storage> {
  const database = await createTestDatabase();
  const blobFolder = await mkdtemp(join(tmpdir(), 'privexbot-test-blobs-'));
  return {
    database,
    blobFolder,
    rootKey: createMemorySource(),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await rm(blobFolder, { recursive: true, force: true });
    },
  };
}

/** Starts the whole server without a socket: `await using enclave = await startEnclave()`. */
export async function startEnclave({ settings = {}, storage: given, isReplica = false }: EnclaveOptions = {}): Promise<Enclave> {
  await using stack = new AsyncDisposableStack();
  const storage = given ?? stack.use(await createStorage());
  const { ownerUrl, appUrl } = storage.database;
  let ahead = 0;
  const config = readConfig({ PRIVEXBOT_LOG: 'silent', ...settings });
  const context = stack.use(
    await openContext(
      config,
      storage.rootKey,
      { ownerUrl, appUrl, blobFolder: storage.blobFolder, soleServer: !isReplica },
      () => new Date(Date.now() + ahead),
    ),
  );
  const stop = new AbortController();
  const app = stack.use(await createApp(context, stop.signal));
  stack.defer(() => stop.abort());
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  stack.defer(() => owner.end());

  const openChannel = () => createChannel(config.publicUrl ?? ORIGIN);
  const bareTransport = (channel?: ChannelCaller, apiKey?: string): Transport => {
    const address = `10.0.${++addresses >> 8}.${addresses & 255}`;
    return async (request) => {
      const { pathname, search } = new URL(request.url);
      const url = new URL(pathname + search, config.publicUrl ?? ORIGIN);
      const forwarded = new Request(url, request);
      forwarded.headers.set('host', url.host);
      if (apiKey) forwarded.headers.set('authorization', `Bearer ${apiKey}`);
      return app.fetch(forwarded, { address, channel });
    };
  };
  const transport = (by: string | Device = createDevice()) => {
    const channel = openChannel();
    return typeof by === 'string' ? bareTransport(channel, by) : proveFirst(bareTransport(channel), by, channel);
  };
  const owned = stack.move();
  return {
    context,
    transport,
    bareTransport,
    openChannel,
    client: (apiKey) => createClient(transport(apiKey)),
    async signUp(wish = {}) {
      const own = transport();
      const client = createClient(own);
      const body = { email: `person-${++people}@example.com`, password: PASSWORD, organization: `Company ${people}`, ...wish };
      const { id, organizations } = await client.auth.signUp({ body });
      const [first] = organizations;
      const [workspace] = first?.workspaces ?? [];
      if (!first || !workspace) throw new Error('sign-up made no organization with a workspace');
      const prove = () => client.credentials.stepUp({ body: { way: 'password', password: PASSWORD } });
      return { client, transport: own, email: body.email, password: PASSWORD, user: id, org: first.id, workspace: workspace.id, prove };
    },
    async listen() {
      const { port } = owned.use(await listen(app, { host: '127.0.0.1', port: 0 }));
      return `http://127.0.0.1:${port}`;
    },
    advance(ms) {
      ahead += ms;
    },
    forge: async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) => (await owner.query<R>(text, values)).rows,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
