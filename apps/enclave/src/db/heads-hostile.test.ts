// What whoever can write the database tries on what servers tell each other.
import { createStorage, type Enclave, PASSWORD, type Storage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';

const REFUSED = { code: 'integrity_failed' };

let storage: Storage;
let one: Enclave;
let two: Enclave;
beforeEach(async () => {
  storage = await createStorage();
  one = await startEnclave({ storage, isReplica: true });
  two = await startEnclave({ storage, isReplica: true });
});
afterEach(async () => {
  await Promise.all([one, two].map((enclave) => enclave[Symbol.asyncDispose]()));
  await storage[Symbol.asyncDispose]();
});

test('heads and rows set back together, to a state that was once whole, are refused by servers that know better', async () => {
  const admin = await one.signUp();
  await two.client().auth.signIn({ body: admin });
  const [row] = await one.forge('select version, sealed from users where id = $1', [admin.user]);
  const [head] = await one.forge(`select * from heads where name = 'users'`);
  await admin.client.auth.changePassword({ body: { current: PASSWORD, password: 'a new password' } });
  await two.context.db.heads.poll();
  await one.forge('update users set version = $2, sealed = $3 where id = $1', [admin.user, row?.version, row?.sealed]);
  await one.forge(`update heads set counter = $1, sum = $2, mac = $3 where name = 'users'`, [head?.counter, head?.sum, head?.mac]);
  await one.forge(`delete from head_changes where name = 'users' and counter > $1`, [head?.counter]);
  for (const enclave of [one, two]) {
    await expect(enclave.client().auth.signIn({ body: admin })).rejects.toMatchObject(REFUSED);
    await expect(enclave.signUp()).rejects.toMatchObject(REFUSED);
  }
});

test('a change with an old digest is not believed, even where another makes up for it in the sum', async () => {
  const victim = await one.signUp();
  const accomplice = await one.signUp();
  await two.client().auth.signIn({ body: victim });
  const digestOf = async (id: string) => {
    const rows = await one.forge<{ digests: string }>(`select digests from head_changes where name = 'users' order by counter`);
    const all = rows.flatMap(({ digests }) => JSON.parse(digests) as [string, string][]).filter(([of]) => of === id);
    return BigInt(`0x${all.at(-1)?.[1]}`);
  };
  const [row] = await one.forge('select version, sealed from users where id = $1', [victim.user]);
  const old = await digestOf(victim.user);
  const other = await digestOf(accomplice.user);
  await victim.client.auth.changePassword({ body: { current: PASSWORD, password: 'a new password' } });
  const made = (other + (await digestOf(victim.user)) - old + (1n << 256n)) % (1n << 256n);
  const forged = JSON.stringify([
    [victim.user, old.toString(16)],
    [accomplice.user, made.toString(16)],
  ]);
  await one.forge(
    `update head_changes set digests = $1 where name = 'users' and counter = (select max(counter) from head_changes where name = 'users')`,
    [forged],
  );
  await one.forge('update users set version = $2, sealed = $3 where id = $1', [victim.user, row?.version, row?.sealed]);
  await two.context.db.heads.poll();
  await expect(two.client().auth.signIn({ body: victim })).rejects.toMatchObject(REFUSED);
});

test('two servers that were shown different databases are told apart by the next change', async () => {
  await one.signUp();
  await two.signUp();
  const [head] = await one.forge(`select * from heads where name = 'users'`);
  await one.signUp();
  // The second server never hears of it, and goes on from where it was.
  const [hidden] = await one.forge(`select * from users order by id desc limit 1`);
  await one.forge(`delete from head_changes where name = 'users' and counter > $1`, [head?.counter]);
  await one.forge(`update heads set counter = $1, sum = $2, mac = $3 where name = 'users'`, [head?.counter, head?.sum, head?.mac]);
  await one.forge('delete from memberships where user_id = $1', [hidden?.id]);
  await one.forge('delete from users where id = $1', [hidden?.id]);
  await expect(one.signUp()).rejects.toMatchObject(REFUSED);
});
