// Every table, as the database itself lists them: an organization sees its own rows and can make no others.
import { createTestDatabase, type TestDatabase } from '@privexbot/testing/postgres.ts';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

const FIRST = 'org_01jd0000000000000000000000';
const SECOND = 'org_01jd0000000000000000000001';
/** Rows that belong to no organization: only transactions of the environment see them. */
const ENVIRONMENT_ONLY = new Set([
  'public.users',
  'public.sessions',
  'public.identities',
  'public.credentials',
  'public.challenges',
  'public.rate_buckets',
  'public.received_requests',
  'public.known_devices',
  'public.key_rotations',
  'public.organization_receipts',
  'public.connection_sessions',
]);

/** Rows that nobody changes. */
const UNCHANGING = new Set(['public.audit_entries', 'public.audit_checkpoints']);

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

let database: TestDatabase;
let app: pg.Client;
let owner: pg.Client;
let tables: string[];
const columns = new Map<string, Column[]>();

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  app = new pg.Client({ connectionString: database.appUrl });
  await Promise.all([owner.connect(), app.connect()]);
  const { rows } = await owner.query<Column>(`
    select format('%I.%I', table_schema, table_name) as table, column_name as name, data_type as type
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema in ('public', 'keystore') and table_type = 'BASE TABLE' and table_name <> 'migrations'`);
  for (const [table, of] of Map.groupBy(rows, (column) => column.table)) columns.set(table, of);
  tables = [...columns.keys()].sort();
  // A row of each organization in each table, made past references and row security.
  await owner.query('set session_replication_role = replica');
  for (const table of tables) for (const org of [FIRST, SECOND]) await insert(owner, table, org);
});
afterAll(async () => {
  await Promise.all([owner.end(), app.end()]);
  await database[Symbol.asyncDispose]();
});

function testValue({ name, type }: Column, org: string): unknown {
  if (name === 'org_id' || name === 'realm') return org;
  if (type === 'text') return `${name} of ${org}`;
  if (type === 'bytea') return Buffer.from(org);
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'bigint') return org === FIRST ? 2 : 1;
  if (type === 'date' || type.startsWith('timestamp')) return new Date(0);
  throw new Error(`no test value for ${type}`);
}

async function insert(client: pg.Client, table: string, org: string): Promise<void> {
  const of = columns.get(table) ?? [];
  const names = of.map(({ name }) => pg.escapeIdentifier(name));
  const values = of.map((column) => testValue(column, org));
  await client.query(`insert into ${table} (${names}) values (${values.map((_, index) => `$${index + 1}`)})`, values);
}

/** Runs statements as the application role inside a realm, and takes back what they did. */
async function inRealm<T>(realm: string | undefined, fn: () => Promise<T>): Promise<T> {
  await app.query('begin');
  try {
    if (realm) await app.query(`set local app.org_id = '${realm}'`);
    return await fn();
  } finally {
    await app.query('rollback');
  }
}

async function count(table: string): Promise<number> {
  const { rows } = await app.query<{ rows: number }>(`select count(*)::int as rows from ${table}`);
  return rows[0]?.rows ?? -1;
}

function realmColumn(table: string): string | undefined {
  return columns.get(table)?.find(({ name }) => name === 'org_id' || name === 'realm')?.name;
}

test('there are tables, each bound by row security that binds its owner too', async () => {
  const { rows } = await owner.query<{ table: string; safe: boolean }>(`
    select format('%I.%I', nspname, relname) as table, relrowsecurity and relforcerowsecurity as safe
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname in ('public', 'keystore') and relkind in ('r', 'p') and relname <> 'migrations'`);
  expect(tables.length).toBeGreaterThan(20);
  expect(rows.map(({ table }) => table).sort()).toEqual(tables);
  expect(rows.filter(({ safe }) => !safe)).toEqual([]);
});

test('no view and no function of ours looks past row security', async () => {
  const { rows } = await owner.query(`
    select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname in ('public', 'keystore') and relkind in ('v', 'm')
    union all select proname from pg_proc join pg_namespace on pg_namespace.oid = pronamespace where nspname in ('public', 'keystore', 'pgboss') and prosecdef`);
  expect(rows).toEqual([]);
});

test('outside any realm nobody sees a row', async () => {
  for (const table of tables) expect(await inRealm(undefined, () => count(table)), table).toBe(0);
});

test('an organization sees its own rows alone, in every table', async () => {
  let seen = 0;
  for (const table of tables) {
    const column = realmColumn(table);
    const rows = await inRealm(SECOND, async () => (await app.query<Record<string, unknown>>(`select * from ${table}`)).rows);
    if (ENVIRONMENT_ONLY.has(table)) expect(rows, table).toEqual([]);
    else
      expect(
        rows.map((row) => row[column ?? '']),
        table,
      ).toEqual([SECOND]);
    seen += rows.length;
  }
  expect(seen).toBe(tables.length - ENVIRONMENT_ONLY.size);
});

test("an organization can neither change nor delete nor plant another's rows", async () => {
  let refused = 0;
  for (const table of tables) {
    const column = realmColumn(table);
    const [first] = columns.get(table) ?? [];
    const touched = await inRealm(SECOND, async () => {
      const where = column ? `where ${column} = '${FIRST}'` : '';
      const change = `update ${table} set ${first?.name} = ${first?.name} ${where}`;
      const updated = UNCHANGING.has(table) ? 0 : (await app.query(change)).rowCount;
      return (updated ?? 0) + ((await app.query(`delete from ${table} ${where}`)).rowCount ?? 0);
    });
    expect(touched, table).toBe(0);
    await owner.query(`delete from ${table} ${column ? `where ${column} = '${FIRST}'` : ''}`);
    await expect(
      inRealm(SECOND, () => insert(app, table, FIRST)),
      table,
    ).rejects.toMatchObject({ code: '42501' });
    await insert(owner, table, FIRST);
    if (!column) await insert(owner, table, SECOND);
    if (!column) continue;
    // Nor hand its own row over to the other.
    await owner.query(`delete from ${table} where ${column} = '${FIRST}'`);
    await expect(
      inRealm(SECOND, () => app.query(`update ${table} set ${column} = '${FIRST}'`)),
      table,
    ).rejects.toMatchObject({ code: '42501' });
    await insert(owner, table, FIRST);
    refused++;
  }
  expect(refused).toBe(tables.length - ENVIRONMENT_ONLY.size);
});

test('content of organizations is out of sight of the environment too', async () => {
  const content = ['passages', 'documents', 'messages', 'conversations', 'bots', 'audit_entries'].map((name) => `public.${name}`);
  for (const table of content) {
    expect(tables).toContain(table);
    expect(await inRealm('environment', () => count(table)), table).toBe(0);
  }
  for (const table of ENVIRONMENT_ONLY) expect(await inRealm('environment', () => count(table)), table).toBe(2);
});

test.each([
  ['switching row security off', 'alter table bots disable row level security', '42501'],
  ['no longer forcing it', 'alter table bots no force row level security', '42501'],
  ['dropping a policy', 'drop policy own_organization on bots', '42501'],
  ['adding a policy', 'create policy mine on bots using (true)', '42501'],
  ['asking for all rows', 'set local row_security = off; select * from bots', '42501'],
  ['becoming the owner', `set local role postgres`, '42501'],
  ['no checks by replication', 'set local session_replication_role = replica', '42501'],
  ['a function that runs as its owner', `create function f() returns int language sql security definer as 'select 1'`, '42501'],
  ['emptying a table', 'truncate bots', '42501'],
  ['changing an entry of the log', 'update audit_entries set at = now()', '42501'],
  ['changing a checkpoint of the log', `update audit_checkpoints set signature = ''`, '42501'],
  ['reading what ran', 'select * from migrations', '42501'],
  ['new tables', 'create table mine (id int)', '42501'],
  ['reading files', `select pg_read_file('/etc/passwd')`, '42501'],
  ['running programs', `copy (select 1) to program 'true'`, '42501'],
])('the application role is refused: %s', async (_, statement, code) => {
  await expect(inRealm(SECOND, () => app.query(statement))).rejects.toMatchObject({ code });
});

test('the realm ends with its transaction', async () => {
  expect(await inRealm(SECOND, () => count('bots'))).toBe(1);
  expect(await count('bots')).toBe(0);
});
