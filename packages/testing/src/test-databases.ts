// The one PostgreSQL of a test run. It starts with the first test file that asks for a database, so runs without one cost nothing.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '@privexbot/enclave/db/embedded-postgres.ts';
import { migrate } from '@privexbot/enclave/db/migrate.ts';
import pg from 'pg';

const APP_ROLE = 'privexbot_app';
const TEMPLATE = 'migrated';
const log = { info: () => undefined, warn: console.warn, error: console.error };

/** A loopback address that answers each POST with the addresses of a new migrated database: `{ownerUrl, appUrl}`. */
export async function serveTestDatabases(): Promise<{ url: string } & AsyncDisposable> {
  const path = `/${randomBytes(16).toString('base64url')}`; // other users of the machine can't guess it
  let cluster: Promise<Cluster> | undefined;
  let made = 0;
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== path) return void response.writeHead(404).end();
    cluster ??= openCluster();
    cluster
      .then((opened) => opened.createDatabase(`test_${++made}`))
      .then((urls) => response.end(JSON.stringify(urls)))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    url: `http://127.0.0.1:${address.port}${path}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await (await cluster)?.[Symbol.asyncDispose]();
    },
  };
}

interface Cluster extends AsyncDisposable {
  createDatabase(name: string): Promise<{ ownerUrl: string; appUrl: string }>;
}

async function openCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-test-databases-'));
  const password = randomBytes(24).toString('base64url');
  const postgres = await openEmbeddedPostgres({ folder: join(folder, 'postgres'), password, log, connections: 200 });
  const urls = (database: string) => urlsOf(postgres, password, database);
  const admin = new pg.Client({ connectionString: postgres.ownerUrl });
  admin.on('error', () => undefined);
  await admin.connect();
  await admin.query(`create role ${APP_ROLE} login password '${password}'`);
  await admin.query('alter role all set synchronous_commit = off'); // durability has tests of its own
  await admin.query(`create database ${TEMPLATE}`);
  await migrate(urls(TEMPLATE).ownerUrl, urls(TEMPLATE).appUrl);
  return {
    async createDatabase(name) {
      await admin.query(`create database ${name} template ${TEMPLATE}`);
      return urls(name);
    },
    async [Symbol.asyncDispose]() {
      await admin.end();
      await postgres[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

function urlsOf({ ownerUrl, port }: EmbeddedPostgres, password: string, database: string): { ownerUrl: string; appUrl: string } {
  const owner = new URL(ownerUrl);
  owner.pathname = `/${database}`;
  return { ownerUrl: owner.href, appUrl: `postgresql://${APP_ROLE}:${password}@127.0.0.1:${port}/${database}` };
}
