import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRoot, makeDataFolder, makeTemplate, PASSWORD, processesOf, query, silentLog, untilNoProcess } from './embedded/test-kit.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';

let template: Awaited<ReturnType<typeof makeTemplate>>;
beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => template[Symbol.asyncDispose]());

const open = (folder: string, more: Partial<Parameters<typeof openEmbeddedPostgres>[0]> = {}) =>
  openEmbeddedPostgres({ folder, password: PASSWORD, log: silentLog, ...more });

test('a second start finds what the first one stored, and stopping leaves no process', async () => {
  await using data = await makeDataFolder();
  {
    await using first = await open(data.postgres);
    await query(first.ownerUrl, 'create table notes (word text)');
    await query(first.ownerUrl, 'insert into notes values ($1)', ['kept']);
  }
  expect(await processesOf(data.path)).toEqual([]);
  await using second = await open(data.postgres);
  expect(await query(second.ownerUrl, 'select word from notes')).toEqual([{ word: 'kept' }]);
  expect(await readdir(data.path)).toEqual(['postgres']);
});

test('the server is durable, on loopback only, asks for a password and stores UTF-8', async () => {
  await using data = await makeDataFolder(template.path);
  await using database = await open(data.postgres);
  const shown = async (name: string) => Object.values((await query(database.ownerUrl, `show ${name}`))[0] ?? {})[0];
  expect(await shown('fsync')).toBe('on');
  expect(await shown('full_page_writes')).toBe('on');
  expect(await shown('synchronous_commit')).toBe('on');
  expect(await shown('listen_addresses')).toBe('127.0.0.1');
  expect(await shown('unix_socket_directories')).toBe('');
  expect(await shown('server_encoding')).toBe('UTF8');
  expect(await shown('password_encryption')).toBe('scram-sha-256');
  await expect(query(`postgresql://postgres:guess@127.0.0.1:${database.port}/postgres`, 'select 1')).rejects.toMatchObject({
    code: '28P01',
  });
  const rules = await query(database.ownerUrl, 'select distinct auth_method from pg_hba_file_rules');
  expect(rules).toEqual([{ auth_method: 'scram-sha-256' }]);
});

test('the folder belongs to an ordinary user and is closed to all others', async () => {
  await using data = await makeDataFolder(template.path);
  await using _database = await open(data.postgres);
  const { mode, uid } = await stat(data.postgres);
  expect(mode & 0o777).toBe(0o700);
  expect(uid === 0).toBe(false);
  expect(JSON.parse(await readFile(join(data.postgres, 'privexbot.json'), 'utf8'))).toEqual({
    postgres: expect.stringMatching(/^\d+\.\d+$/),
  });
});

test('a database of another major version is refused with what to do, and nothing is changed', async () => {
  await using data = await makeDataFolder(template.path);
  for (const [version, said] of [
    ['17', 'made by PostgreSQL 17'],
    ['19', 'made by PostgreSQL 19'],
  ] as const) {
    await writeFile(join(data.postgres, 'PG_VERSION'), `${version}\n`);
    const before = await snapshot(data.path);
    await expect(open(data.postgres)).rejects.toThrow(said);
    await expect(open(data.postgres)).rejects.toThrow('privexbot export');
    expect(await snapshot(data.path)).toEqual(before);
  }
});

test('a database written by an earlier minor version opens, and the marker follows', async () => {
  await using data = await makeDataFolder(template.path);
  const marker = join(data.postgres, 'privexbot.json');
  const now = await readFile(marker, 'utf8');
  await writeFile(marker, '{"postgres":"18.0"}\n');
  await using _database = await open(data.postgres);
  expect(await readFile(marker, 'utf8')).toBe(now);
});

test('a folder with other files in it is refused and left as it is', async () => {
  await using data = await makeDataFolder();
  await mkdir(data.postgres);
  await writeFile(join(data.postgres, 'letter.txt'), 'mine');
  const before = await snapshot(data.path);
  await expect(open(data.postgres)).rejects.toThrow('holds files but no database');
  expect(await snapshot(data.path)).toEqual(before);
});

test('a database made with another root key is refused with the name of the setting', async () => {
  await using data = await makeDataFolder(template.path);
  await expect(open(data.postgres, { password: 'another' })).rejects.toThrow('PRIVEXBOT_ROOT_KEY');
  await untilNoProcess(data.path);
});

test('a start that is broken off ends everything it started', async () => {
  await using fresh = await makeDataFolder();
  await expect(open(fresh.postgres, { signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout');
  expect(await processesOf(fresh.path)).toEqual([]);
  expect(await readdir(fresh.path)).toEqual([]);

  await using made = await makeDataFolder(template.path);
  await expect(open(made.postgres, { signal: AbortSignal.timeout(15) })).rejects.toThrow('timeout');
  expect(await processesOf(made.path)).toEqual([]);
});

test('the log carries codes, never a statement, a parameter or a value', async () => {
  await using data = await makeDataFolder(template.path);
  const lines: string[] = [];
  const keep = (fields: object, message: string) => void lines.push(JSON.stringify([fields, message]));
  await using database = await open(data.postgres, { log: { info: keep, warn: keep, error: keep } });
  const secret = 'sesame-4711';
  await query(database.ownerUrl, 'insert into kept values (1, $1)', [secret]);
  await expect(query(database.ownerUrl, 'insert into kept values (1, $1)', [secret])).rejects.toMatchObject({ code: '23505' });
  await expect(query(database.ownerUrl, 'select $1::int', [secret])).rejects.toMatchObject({ code: '22P02' });
  await expect(query(database.ownerUrl, `select ${secret} from nowhere`)).rejects.toMatchObject({ code: '42P01' });
  await expect(query(database.ownerUrl, 'select pg_read_file($1)', [`/${secret}\nXX000|postmaster|PANIC:  forged`])).rejects.toMatchObject({
    code: '58P01',
  });
  await expect.poll(() => lines.some((line) => line.includes('58P01'))).toBe(true);
  expect(lines.join('\n')).not.toContain(secret);
  expect(lines.join('\n')).not.toContain('PANIC');
});

test.skipIf(!isRoot)('started by root, PostgreSQL runs as an ordinary user below a folder that is closed to that user', async () => {
  await using data = await makeDataFolder(template.path);
  expect((await stat(data.path)).mode & 0o777).toBe(0o700);
  expect((await stat(data.path)).uid).toBe(0);
  await using _database = await open(data.postgres);
  for (const pid of await processesOf(data.postgres)) expect(await readFile(`/proc/${pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0/m);
  expect((await stat(data.path)).mode & 0o777).toBe(0o700);
});

async function snapshot(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  const described = await Promise.all(
    entries.map(async (entry) => {
      const { uid, mode, size, mtimeMs } = await stat(join(folder, entry));
      return `${entry} ${uid} ${mode} ${size} ${mtimeMs}`;
    }),
  );
  return described.sort();
}
