import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createTestDatabase } from '@privexbot/testing/postgres.ts';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { migrate } from './migrate.ts';

let testDatabase: Awaited<ReturnType<typeof createTestDatabase>>;
let admin: pg.Client;
let made = 0;
/** A database as an administrator prepares it: empty, with an owner and an application role that have no special rights. */
let owner: URL;
let app: URL;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  admin = new pg.Client({ connectionString: testDatabase.ownerUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await testDatabase[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const name = `migrate_${randomBytes(4).toString('hex')}_${++made}`;
  const password = 'p@ss word/:#?';
  await admin.query(`create role ${name}_owner login password '${password}'; create role "${name}-App" login password '${password}'`);
  await admin.query(`create database ${name} owner ${name}_owner`);
  owner = toUrl(name, `${name}_owner`, password);
  app = toUrl(name, `${name}-App`, password);
});

function toUrl(database: string, user: string, password: string): URL {
  const url = new URL(testDatabase.ownerUrl);
  url.pathname = `/${database}`;
  url.username = user;
  url.password = encodeURIComponent(password);
  return url;
}

async function query(url: URL, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const run = () => migrate(owner.href, app.href);

/** Everything a migration could have changed. */
async function describe(): Promise<unknown> {
  return query(
    owner,
    `select nspname, relname, relkind, relrowsecurity, relacl::text, relfilenode
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname in ('public', 'keystore', 'pgboss') order by 1, 2`,
  );
}

test('an empty database of an ordinary owner becomes one the application role can use', async () => {
  await run();
  const connection = await connect(app.href, () => undefined);
  const { rows } = await connection.pool.query('select count(*)::int as users from users');
  expect(rows).toEqual([{ users: 0 }]);
  await connection.close();
  await expect(query(app, 'select * from migrations')).rejects.toMatchObject({ code: '42501' });
});

test('running again changes nothing', async () => {
  await run();
  const before = await describe();
  await run();
  expect(await describe()).toEqual(before);
});

test('a database whose job queue lacks a queue of this version gets it, and keeps the others', async () => {
  await run();
  const queues = () => query(owner, 'select name from pgboss.queue order by name');
  const before = await queues();
  await query(owner, `select pgboss.delete_queue('rotate-keys')`);
  expect(await queues()).toHaveLength(before.length - 1);
  await run();
  expect(await queues()).toEqual(before);
});

test('servers that start together on an empty database wait for each other', async () => {
  await Promise.all([run(), run(), run()]);
  expect(await query(owner, 'select name from migrations order by name')).toEqual(
    (await readdir(new URL('./migrations/', import.meta.url))).sort().map((name) => ({ name })),
  );
});

test('a database of the schema before rotations keeps its keys, and takes new ones as before', async () => {
  const file = new URL('./migrations/0001-initial.sql', import.meta.url);
  const sql = await readFile(file, 'utf8');
  await query(owner, 'create table migrations (name text primary key, sha256 text not null, at timestamptz not null default now())');
  await query(owner, sql);
  const sha256 = createHash('sha256').update(sql).digest('hex');
  await query(owner, `insert into migrations (name, sha256) values ('0001-initial.sql', '${sha256}')`);
  const insert = (id: string, epoch: number) =>
    `begin; set local app.org_id = 'environment'; insert into keystore.keys (id, org_id, kind, epoch, wrapped) values ('${id}', 'environment', 'data', ${epoch}, 'x'); commit`;
  await query(owner, insert('before', 1));
  await run();
  await query(app, insert('after', 1));
  const keys = `set app.org_id = 'environment'; select id, epoch from keystore.keys order by created_at`;
  const client = new pg.Client({ connectionString: app.href });
  await client.connect();
  const results = (await client.query(keys)) as unknown as pg.QueryResult[];
  expect(results[1]?.rows).toEqual([
    { id: 'before', epoch: 1 },
    { id: 'after', epoch: 1 },
  ]);
  await client.query(
    `insert into key_rotations (id, epoch, state, version, sealed, created_at) values ('rot', 2, 'wrapping', 1, '', now())`,
  );
  await client.query('reset app.org_id');
  await expect(client.query(insert('old', 1))).rejects.toMatchObject({ code: 'PX001' });
  await client.query('rollback');
  await client.query(insert('new', 2));
  await client.end();
});

test('a migration that was changed after it ran is refused, and nothing is changed', async () => {
  await run();
  await query(owner, `update migrations set sha256 = 'another'`);
  const before = await describe();
  await expect(run()).rejects.toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/0001-initial.sql was changed.*Nothing was changed/),
  });
  expect(await describe()).toEqual(before);
});

test('a database made by a newer version is refused, and nothing is changed', async () => {
  await run();
  await query(owner, `insert into migrations (name, sha256) values ('9999-later.sql', '')`);
  const before = await describe();
  await expect(run()).rejects.toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/newer version \(it has 9999-later.sql\)/),
  });
  expect(await describe()).toEqual(before);
});

test.each<[string, (role: string) => string]>([
  ['is a superuser', (role) => `alter role ${role} superuser`],
  ['bypasses row security', (role) => `alter role ${role} bypassrls`],
  ['may make roles', (role) => `alter role ${role} createrole`],
  ['can become the owner', (role) => `grant ${owner.username} to ${role}`],
  [
    'can become one that bypasses row security',
    (role) => `create role ${owner.username}_aide bypassrls; grant ${owner.username}_aide to ${role}`,
  ],
])('an application role that %s is refused, and nothing is changed', async (_, change) => {
  await admin.query(change(pg.escapeIdentifier(app.username)));
  await expect(run()).rejects.toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/DATABASE_URL may pass row security.*Nothing was changed/),
  });
  expect(await describe()).toEqual([]);
});

test('the owner as application role is refused', async () => {
  await expect(migrate(owner.href, owner.href)).rejects.toThrow(/may pass row security/);
});

test('a role that does not exist, and an address without one, are named with their setting', async () => {
  const missing = new URL(app);
  missing.username = 'nobody';
  await expect(migrate(owner.href, missing.href)).rejects.toThrow(/"nobody" of DATABASE_URL does not exist/);
  missing.username = '';
  await expect(migrate(owner.href, missing.href)).rejects.toThrow(/DATABASE_URL names no role/);
});

test('two settings that name different databases are refused', async () => {
  const elsewhere = new URL(app);
  elsewhere.pathname = new URL(testDatabase.appUrl).pathname;
  await expect(migrate(owner.href, elsewhere.href)).rejects.toThrow(/DATABASE_URL and DATABASE_OWNER_URL name different databases/);
});

test('a database that cannot be reached, or refuses the owner, is named with its setting and without the password', async () => {
  const wrong = new URL(owner);
  wrong.password = 'hunter2';
  const refused = await migrate(wrong.href, app.href).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/\(28P01\).*DATABASE_OWNER_URL.*Nothing was changed/),
  });
  expect(String(refused)).not.toContain('hunter2');
  const away = new URL(owner);
  away.port = '1';
  await expect(migrate(away.href, app.href)).rejects.toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/ECONNREFUSED.*DATABASE_OWNER_URL/),
  });
  const awayApp = new URL(app);
  awayApp.port = '1';
  await expect(connect(awayApp.href, () => undefined)).rejects.toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/ECONNREFUSED.*DATABASE_URL/),
  });
});
