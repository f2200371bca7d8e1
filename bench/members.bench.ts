import { insertUser } from '../apps/enclave/src/features/auth/store.ts';
import { emailIndex } from '../apps/enclave/src/features/auth/strategies/email.ts';
import { Directories } from '../apps/enclave/src/features/organizations/directory.ts';
import { addMember } from '../apps/enclave/src/features/organizations/index.ts';
import { openInProcess } from './in-process.ts';
import type { Row } from './measure.ts';

const MEMBERS = 100_000;
const AT_ONCE = 2_000;
const TIMES = 200;

/** Listing, paging and searching the members of a large organization; they are made first, which takes a minute or two. */
export async function run(): Promise<Row[]> {
  await using parts = await openInProcess();
  const { context, org } = parts;
  const { db, keyring, newId, now } = context;
  for (let first = 0; first < MEMBERS; first += AT_ONCE)
    await db.transaction('environment', 'system', async (tx) => {
      await tx.lock('users');
      await tx.lock('memberships', org);
      for (let n = first; n < first + AT_ONCE; n++) {
        const user = newId('user');
        const email = `person-${n}@example.com`;
        await insertUser(
          keyring,
          tx,
          user,
          emailIndex(keyring, email),
          { email, name: `Person ${n}`, emailVerified: true, links: 0 },
          now(),
        );
        await addMember(context, tx, { org, user, role: 'tier3', source: 'manual' });
      }
    });
  const directories = new Directories(db);
  const page = { order: 'name', descending: false, from: 0, limit: 50 } as const;
  const started = performance.now();
  await directories.list(org, {}, page);
  const loadMs = performance.now() - started;
  const measure = async (ask: (n: number) => ReturnType<Directories['list']>) => {
    const times: number[] = [];
    for (let n = 0; n < TIMES; n++) {
      const before = performance.now();
      if ((await ask(n)).items.length === 0) throw new Error('the list is empty');
      times.push(performance.now() - before);
    }
    return times.sort((a, b) => a - b)[TIMES / 2] ?? 0;
  };
  const pageOf = (n: number) => ({ ...page, from: ((n * 499) % MEMBERS) - 50 > 0 ? ((n * 499) % MEMBERS) - 50 : 0 });
  return [
    { name: '100k members, first list after a start', value: loadMs / 1_000, unit: 's' },
    { name: '100k members, first page, p50', value: await measure(() => directories.list(org, {}, page)), unit: 'ms' },
    { name: '100k members, any page, p50', value: await measure((n) => directories.list(org, {}, pageOf(n))), unit: 'ms' },
    { name: '100k members, search, p50', value: await measure((n) => directories.list(org, { search: `person ${n}` }, page)), unit: 'ms' },
  ];
}
