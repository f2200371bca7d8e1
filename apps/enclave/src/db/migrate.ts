import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrateJobs } from '../jobs/schema.ts';
import { StartProblem, systemCode } from '../start-problem.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Any constant: starters of several servers wait for each other on it. */
const LOCK = 7_405_312;

/**
 * Brings the schema up to date as its owner, and gives the application role its rights. Forward only; each file is one transaction.
 * @param appUrl connection of the application role, which must exist and must not be the owner
 * @throws StartProblem if the database cannot be reached, a migration that ran was changed since, the database is newer than
 * this version, or the application role could pass row security
 */
export async function migrate(ownerUrl: string, appUrl: string): Promise<void> {
  const appRole = requireRole(ownerUrl, appUrl);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect().catch((error: unknown) => {
    throw new StartProblem(
      `The database cannot be reached (${systemCode(error) ?? 'no answer'}). Check DATABASE_OWNER_URL. Nothing was changed.`,
    );
  });
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await refuseUnsafeRole(client, appRole);
    await client.query(
      'create table if not exists migrations (name text primary key, sha256 text not null, at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from migrations');
    const done = new Map(rows.map((row) => [row.name, row.sha256]));
    const files = await readMigrations();
    for (const name of done.keys())
      if (!files.some((file) => file.name === name))
        throw new StartProblem(
          `The database was made by a newer version (it has ${name}). Start that version, or restore an older backup. Nothing was changed.`,
        );
    for (const { name, sql, sha256 } of files) {
      const before = done.get(name);
      if (before && before !== sha256)
        throw new StartProblem(`The migration ${name} was changed after it ran on this database. Nothing was changed.`);
      if (!before) await apply(client, name, sql, sha256, appRole);
    }
    await migrateJobs(ownerUrl, appRole);
  } finally {
    await client.end();
  }
}

/** The name of the application role. */
function requireRole(ownerUrl: string, appUrl: string): string {
  const [owner, app] = [new URL(ownerUrl), new URL(appUrl)];
  if (!app.username)
    throw new StartProblem('DATABASE_URL names no role. Write postgres://ROLE:PASSWORD@HOST/DATABASE. Nothing was changed.');
  if (owner.pathname !== app.pathname)
    throw new StartProblem('DATABASE_URL and DATABASE_OWNER_URL name different databases. Use one database. Nothing was changed.');
  return decodeURIComponent(app.username);
}

async function readMigrations(): Promise<{ name: string; sql: string; sha256: string }[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Refuses a role that row security does not bind, or that could become such a one. */
async function refuseUnsafeRole(client: pg.Client, appRole: string): Promise<void> {
  const { rows } = await client.query<{ unsafe: boolean }>(
    `select exists (
       select from pg_roles other where pg_has_role(role.oid, other.oid, 'member')
         and (other.rolsuper or other.rolbypassrls or other.rolcreaterole or other.rolname = current_user)
     ) as unsafe from pg_roles role where role.rolname = $1`,
    [appRole],
  );
  const [role] = rows;
  if (!role)
    throw new StartProblem(`The role "${appRole}" of DATABASE_URL does not exist. Create it without special rights. Nothing was changed.`);
  if (role.unsafe)
    throw new StartProblem(
      `The role "${appRole}" of DATABASE_URL may pass row security. Use another role than the owner, without SUPERUSER, BYPASSRLS and CREATEROLE, and a member of no role that has them. Nothing was changed.`,
    );
}

async function apply(client: pg.Client, name: string, sql: string, sha256: string, appRole: string): Promise<void> {
  const role = pg.escapeIdentifier(appRole);
  await client.query('begin');
  try {
    await client.query(sql);
    for (const schema of ['public', 'keystore'])
      await client.query(
        `grant usage on schema ${schema} to ${role}; grant select, insert, update, delete on all tables in schema ${schema} to ${role}`,
      );
    await client.query(`revoke all on migrations from ${role}`);
    // What is old is dropped; nothing in the log is ever changed.
    await client.query(`revoke update on audit_entries, audit_checkpoints from ${role}`);
    await client.query('insert into migrations (name, sha256) values ($1, $2)', [name, sha256]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
