import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { readConfig } from '../apps/enclave/src/config.ts';
import { openEmbeddedPostgres } from '../apps/enclave/src/db/embedded-postgres.ts';
import { prepareRoles } from '../apps/enclave/src/db/embedded-roles.ts';
import { createIdentity } from '../apps/enclave/src/features/auth/index.ts';
import { createOrganization } from '../apps/enclave/src/features/organizations/index.ts';
import { createAdmission } from '../apps/enclave/src/features/policies/index.ts';
import { createMemorySource } from '../apps/enclave/src/keys/sources/memory.fixture.ts';
import { createLog } from '../apps/enclave/src/log.ts';
import { openContext } from '../apps/enclave/src/open-context.ts';
import { accountOf, type Row, temporaryFolder } from './measure.ts';

const TIMES = 12_000;
const AT_ONCE = 8;

/** What it costs to ask a caller's role and to read within row security, over reading the same row as somebody who may read all. */
export async function run(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryFolder());
  const log = createLog('warn');
  const postgres = stack.use(await openEmbeddedPostgres({ folder: `${path}/postgres`, password: 'only-for-measuring', log }));
  const passwords = { owner: randomBytes(16).toString('hex'), app: randomBytes(16).toString('hex') };
  const urls = await prepareRoles(postgres.ownerUrl, passwords);
  const storage = { ...urls, blobFolder: `${path}/blobs`, soleServer: true };
  const context = stack.use(await openContext(readConfig({}), createMemorySource(), storage));
  const everything = new pg.Pool({ connectionString: postgres.ownerUrl.replace(/\/[^/]*$/, '/privexbot'), max: AT_ONCE });
  stack.defer(() => everything.end());

  const { db } = context;
  const user = context.newId('user');
  await everything.query(`insert into users values ($1, null, 1, '', now())`, [user]);
  await db.transaction('environment', user, (tx) => createOrganization(context, tx, 'Bench', user));
  const { rows } = await everything.query<{ org: ReturnType<typeof context.newId<'org'>> }>('select org_id as org from organizations');
  const org = rows[0]?.org;
  if (!org) throw new Error('no organization');
  const identity = createIdentity(context, createAdmission(context));
  const select = 'select * from organizations where org_id = $1';

  const bare = () => everything.query({ name: 'bare', text: select, values: [org] });
  const bound = async () => {
    if ((await identity.findRole(user, org)) !== 'admin') throw new Error('the role is missing');
    await db.transaction(org, user, (tx) => tx.sql.selectFrom('organizations').selectAll().where('org_id', '=', org).execute());
  };
  await repeat(bare);
  await repeat(bound);
  const without = await repeat(bare);
  const withRights = await repeat(bound);
  return [
    { name: 'one row, read bare, processor', value: without, unit: 'CPU-ms' },
    { name: 'the same with role and row security, processor', value: withRights, unit: 'CPU-ms' },
    { name: 'permission and row security, processor', value: withRights - without, unit: 'CPU-ms' },
  ];
}

/** Processor milliseconds of each, of this process and its database. */
async function repeat(work: () => Promise<unknown>): Promise<number> {
  const before = accountOf(process.pid).cpuMs;
  let left = TIMES;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await work();
    }),
  );
  return (accountOf(process.pid).cpuMs - before) / TIMES;
}
