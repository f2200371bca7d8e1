import { createStorage, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';

test('rows read while others replace and delete them are never taken for forged', async () => {
  await using enclave = await startEnclave();
  const { client, email, password } = await enclave.signUp();
  const comeAndGo = async (name: string) => {
    const own = enclave.client();
    await own.auth.signIn({ body: { email, password } });
    await Promise.all([own.auth.rename({ body: { name } }), own.auth.sessions(), client.auth.me()]);
    await Promise.all([own.auth.signOut(), client.auth.sessions(), client.auth.sessions(), client.auth.me()]);
  };
  // Nine at once, because guessing is limited to ten per address.
  for (let round = 0; round < 2; round++) await Promise.all(Array.from({ length: 9 }, (_, i) => comeAndGo(`Name ${round} ${i}`)));
  expect(await client.auth.sessions()).toHaveLength(1);
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
