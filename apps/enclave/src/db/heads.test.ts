import { createStorage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';

test('a row that is replaced between its reading and its check is read again, not taken for forged', async () => {
  await using enclave = await startEnclave();
  const { client, user } = await enclave.signUp();
  const steps: string[] = [];
  await enclave.context.db.transaction('environment', 'system', async (tx) => {
    const row = await tx.sql.selectFrom('users').select('sealed').where('id', '=', user).executeTakeFirstOrThrow();
    steps.push('read');
    if (steps.length === 1) await client.auth.rename({ body: { name: 'Replaced' } });
    await tx.check('users', user, row.sealed);
    steps.push('checked');
  });
  expect(steps).toEqual(['read', 'read', 'checked']);
});

test('several changes of one table in a transaction add up, so that a restart keeps the rows', async () => {
  await using storage = await createStorage();
  const others = [1, 2, 3];
  {
    await using before = await startEnclave({ storage });
    const { client, email, password } = await before.signUp();
    for (const _ of others) await before.client().auth.signIn({ body: { email, password } });
    await client.auth.changePassword({ body: { current: password, password: 'a new password' } });
    await before.signUp();
  }
  await using after = await startEnclave({ storage });
  await after.signUp();
  expect(await after.forge('select id from sessions')).toHaveLength(3);
});

test('a change that is rolled back is forgotten', async () => {
  await using enclave = await startEnclave();
  const { client, user } = await enclave.signUp();
  const failing = enclave.context.db.transaction('environment', user, async (tx) => {
    await tx.record('sessions', 'ses_of_nobody', new Uint8Array(8));
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  expect(await client.auth.sessions()).toHaveLength(1);
});

test('tables are locked in one order only, since transactions could wait for each other', async () => {
  await using enclave = await startEnclave();
  const disordered = enclave.context.db.transaction('environment', 'system', async (tx) => {
    await tx.lock('sessions');
    await tx.lock('users');
  });
  await expect(disordered).rejects.toThrow('users must be locked before sessions');
  await enclave.signUp();
});

test('a head that was changed is no way around: the table is refused', async () => {
  await using storage = await createStorage();
  {
    await using before = await startEnclave({ storage });
    await before.signUp();
  }
  await using after = await startEnclave({ storage });
  await after.forge(`update heads set counter = counter - 1 where name = 'users'`);
  await expect(after.signUp()).rejects.toMatchObject({ code: 'integrity_failed' });
});
