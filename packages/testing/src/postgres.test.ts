import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './postgres.ts';

test('each database is migrated, durable and apart from the others', async () => {
  await using one = await createTestDatabase();
  await using two = await createTestDatabase();
  expect(await query(one.ownerUrl, 'select count(*) > 0 as migrated from migrations')).toEqual([{ migrated: true }]);
  expect(await query(one.ownerUrl, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await query(one.ownerUrl, 'create table only_here ()');
  await expect(query(two.ownerUrl, 'select from only_here')).rejects.toMatchObject({ code: '42P01' });
});

test('the application role is bound by row security and may not change the schema', async () => {
  await using database = await createTestDatabase();
  const rights = await query(
    database.appUrl,
    'select rolsuper or rolbypassrls or rolcreatedb or rolcreaterole as special from pg_roles where rolname = current_user',
  );
  expect(rights).toEqual([{ special: false }]);
  await expect(query(database.appUrl, 'create table mine ()')).rejects.toMatchObject({ code: '42501' });
});

test('connections that a test left open end with its database', async () => {
  const database = await createTestDatabase();
  const left = new pg.Client({ connectionString: database.appUrl });
  const ended = new Promise((resolve) => left.on('error', resolve));
  await left.connect();
  await database[Symbol.asyncDispose]();
  expect(await ended).toMatchObject({ code: '57P01' });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
