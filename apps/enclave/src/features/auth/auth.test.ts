import { createClient } from '@privexbot/sdk';
import { type Enclave, PASSWORD, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

test('sign-up makes a person, an organization and a first workspace, and signs in', async () => {
  const client = enclave.client();
  const account = await client.auth.signUp({ body: { email: 'Ada@Lovelace.example', password: PASSWORD } });
  expect(account).toMatchObject({ email: 'Ada@Lovelace.example', name: 'Ada', emailVerified: false });
  expect(account.organizations).toMatchObject([{ name: 'Lovelace.example', role: 'admin', workspaces: [{ name: 'General' }] }]);
  expect(await client.auth.me()).toEqual(account);
});

test('an address is taken once, whatever its case', async () => {
  const { email } = await enclave.signUp();
  const again = enclave.client().auth.signUp({ body: { email: email.toUpperCase(), password: PASSWORD } });
  await expect(again).rejects.toMatchObject({ code: 'address_taken' });
});

test('a person signs in, out and in again, and may end any own session but no other', async () => {
  const { client, email, password } = await enclave.signUp();
  const second = enclave.client();
  const { session } = await second.auth.signIn({ body: { email: ` ${email.toUpperCase()} `, password } });
  expect(await client.auth.sessions()).toMatchObject([{ current: true }, { id: session, current: false }]);

  const stranger = await enclave.signUp();
  await expect(stranger.client.auth.endSession({ params: { session } })).rejects.toMatchObject({ code: 'not_found' });
  await client.auth.endSession({ params: { session } });
  await expect(second.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });

  await client.auth.signOut();
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  expect((await client.auth.signIn({ body: { email, password } })).email).toBe(email);
});
