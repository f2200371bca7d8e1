// Rows changed by whoever owns the database, and what must come of it.

import { expect } from 'vitest';
import type { Enclave, Person } from './start-enclave.ts';

type Row = Record<string, unknown>;

const NOTICED_MS = 5_000;

/** One row, whoever it belongs to. */
export async function readRow(enclave: Enclave, table: string, where: Row): Promise<Row> {
  const names = Object.keys(where);
  const [row, ...others] = await enclave.forge<Row>(
    `select * from ${table} where ${names.map((name, i) => `${name} = $${i + 1}`).join(' and ')}`,
    Object.values(where),
  );
  if (!row || others.length) throw new Error(`expected one row of ${table}`);
  return row;
}

/** Changes columns of one row; disposing puts it back as it was. */
export async function forgeRow(enclave: Enclave, table: string, where: Row, change: Row): Promise<AsyncDisposable> {
  const before = await readRow(enclave, table, where);
  await update(enclave, table, where, change);
  return { [Symbol.asyncDispose]: () => update(enclave, table, { ...where, ...pick(change, Object.keys(where)) }, before) };
}

async function update(enclave: Enclave, table: string, where: Row, change: Row): Promise<void> {
  const set = Object.keys(change).map((name, i) => `${name} = $${i + 1}`);
  const at = Object.keys(where).map((name, i) => `${name} = $${set.length + i + 1}`);
  const changed = await enclave.forge(`update ${table} set ${set} where ${at.join(' and ')} returning 1`, [
    ...Object.values(change),
    ...Object.values(where),
  ]);
  if (changed.length !== 1) throw new Error(`expected to change one row of ${table}`);
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}

/** The call is refused once what was remembered is out of date, and the Admin reads which record it was. */
export async function expectRefused(call: () => Promise<unknown>, { client, org }: Person, table: string, id: string): Promise<void> {
  await expect.poll(() => call().then(() => 'answered', codeOf), { timeout: NOTICED_MS, interval: 50 }).toBe('integrity_failed');
  const { items } = await client.audit.list({ params: { org }, query: { action: 'refused.integrity_failed' } });
  expect(items.map(({ facts }) => facts)).toContainEqual(expect.objectContaining({ table, id }));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
