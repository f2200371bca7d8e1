import { createIdentity } from '../apps/enclave/src/features/auth/index.ts';
import { openInProcess } from './in-process.ts';
import { accountOf, type Row } from './measure.ts';

const TIMES = 12_000;
const AT_ONCE = 8;

/** What it costs to ask a caller's role and to read within row security, over reading the same row as somebody who may read all. */
export async function run(): Promise<Row[]> {
  await using parts = await openInProcess();
  const { context, everything, user, org } = parts;
  const { db } = context;
  const identity = createIdentity(context, () => Promise.resolve());
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
