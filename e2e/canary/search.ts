// Looks for values in everything that a server leaves: files, rows, what it says, and its processes.
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { databasePassword } from '@privexbot/enclave/keys/keyring.ts';
import { openRootKeyFile } from '@privexbot/enclave/keys/sources/file.ts';
import type { Server } from '@privexbot/testing/server.ts';
import pg from 'pg';
import type { Matcher } from './patterns.ts';
import { unpack } from './unpack.ts';

interface Finding {
  readonly field: string;
  readonly how: string;
  readonly where: string;
}

export interface Search {
  readonly findings: Finding[];
  files: number;
  rows: number;
  bytes: number;
  /** Streams that were unpacked. */
  unpacked: number;
  processes: number;
}

const SAMPLE_MS = 100;
const NESTED = 2;

export function newSearch(): Search {
  return { findings: [], files: 0, rows: 0, bytes: 0, unpacked: 0, processes: 0 };
}

/** Searches one piece of memory and what is compressed in it. */
export function searchBytes(search: Search, matcher: Matcher, where: string, bytes: Uint8Array, nested = 0): void {
  search.bytes += bytes.length;
  for (const { field, how } of matcher(bytes)) search.findings.push({ field, how, where });
  if (nested === NESTED) return;
  for (const inner of unpack(bytes)) {
    search.unpacked++;
    searchBytes(search, matcher, `${where} (unpacked)`, inner, nested + 1);
  }
}

/** Searches files below a folder, and their names. */
export async function searchFiles(
  search: Search,
  matcher: Matcher,
  folder: string,
  wanted: (path: string) => Promise<boolean>,
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // gone meanwhile, or not ours to read
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!(await wanted(path))) continue;
    searchBytes(search, matcher, `the name ${path}`, Buffer.from(entry.name), NESTED);
    if (entry.isDirectory()) await searchFiles(search, matcher, path, wanted);
    else if (entry.isSymbolicLink()) searchBytes(search, matcher, path, Buffer.from(await readlink(path)), NESTED);
    else if (entry.isFile()) {
      search.files++;
      searchBytes(search, matcher, path, await readFile(path).catch(() => new Uint8Array()));
    }
  }
}

/** Whether a file was changed since then, so that the temporary folders of the machine can be searched. */
export function changedSince(at: Date): (path: string) => Promise<boolean> {
  return async (path) => {
    const found = await stat(path).catch(() => undefined);
    return found !== undefined && found.ctime >= at;
  };
}

/** Searches every column of every table, the system's own included, as the superuser, whom row security does not bind. */
export async function searchDatabase(search: Search, matcher: Matcher, server: Server): Promise<void> {
  await using owner = await openOwner(server);
  const { client } = owner;
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace
     where relkind in ('r', 'm') or format('%I.%I', nspname, relname) in ('pg_catalog.pg_stat_activity', 'pg_catalog.pg_prepared_statements')`,
  );
  for (const { name } of tables) {
    const { rows, fields } = await client.query<(Buffer | string | null)[]>({
      text: `select * from ${name}`,
      rowMode: 'array',
      types: RAW,
    });
    search.rows += rows.length;
    for (const row of rows)
      for (const [column, value] of row.entries())
        if (value !== null)
          searchBytes(
            search,
            matcher,
            `${name}.${fields[column]?.name}`,
            Buffer.from(value as string),
            typeof value === 'string' ? NESTED : 0,
          );
  }
}

/** Values as PostgreSQL sends them in text form; bytes as bytes. */
const BYTEA = 17;
const RAW: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) =>
    oid === BYTEA ? (value: string) => Buffer.from(value.slice('\\x'.length), 'hex') : (value: string) => value,
};

export async function openOwner({ dataFolder, keyFile }: Server): Promise<{ client: pg.Client } & AsyncDisposable> {
  const port = (await readFile(join(dataFolder, 'postgres/postmaster.pid'), 'utf8')).split('\n')[3];
  const secret = await (await openRootKeyFile(keyFile, false)).databaseSecret();
  const password = encodeURIComponent(databasePassword(secret, 'superuser'));
  const client = new pg.Client({ connectionString: `postgresql://postgres:${password}@127.0.0.1:${port}/privexbot` });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

export interface ProcessWatch extends AsyncDisposable {
  /** By file of /proc: all that was seen so far. */
  readonly seen: ReadonlyMap<string, Uint8Array>;
}

/** Looks at arguments and environment of the server's processes, again and again, until disposed. */
export function watchProcesses(server: Server): ProcessWatch {
  const stop = new AbortController();
  const seen = new Map<string, Uint8Array>();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for (const { pid } of await server.processes())
        for (const file of ['cmdline', 'environ']) {
          const bytes = await readFile(`/proc/${pid}/${file}`).catch(() => new Uint8Array());
          // A process may change either; a new program in the same process does.
          if (bytes.length) seen.set(`/proc/${pid}/${file} ${createHash('sha256').update(bytes).digest('hex')}`, bytes);
        }
      await sleep(SAMPLE_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    seen,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}

export function searchProcesses(search: Search, matcher: Matcher, { seen }: ProcessWatch): void {
  for (const [name, bytes] of seen) {
    search.processes++;
    searchBytes(search, matcher, name, bytes, NESTED);
  }
}
