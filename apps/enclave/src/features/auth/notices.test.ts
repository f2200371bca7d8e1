// Mails that say that a way into the account changed, taken by a real SMTP server.
import type { CredentialId } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';
import { createAuthenticator } from '@privexbot/testing/authenticator.ts';
import { codeOf } from '@privexbot/testing/authenticator-app.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mailbox, openMailbox } from './mailbox.fixture.ts';
import { evmWallet } from './strategies/wallets/wallet-keys.fixture.ts';

const ORIGIN = 'https://bots.example';
const NEXT = 'a new long password';
let mailbox: Mailbox;
let enclave: Enclave;
beforeAll(async () => {
  mailbox = await openMailbox();
  enclave = await startEnclave({
    settings: { PRIVEXBOT_SMTP_URL: mailbox.url, PRIVEXBOT_PUBLIC_URL: ORIGIN, PRIVEXBOT_ALLOW_SIMULATED: '1' },
  });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await mailbox[Symbol.asyncDispose]();
});

const noticesTo = (address: string) => mailbox.mails.filter(({ to, subject }) => to === address && subject?.startsWith('PrivexBot: '));

/** Somebody whose address is proven. */
async function signUp(): Promise<Person> {
  const person = await enclave.signUp();
  const { client, email } = person;
  const [token = ''] = await mailbox.tokensMailedBy(() => client.auth.requestVerification(), '/verify-address', email);
  await client.auth.verifyEmail({ body: { token } });
  return person;
}

/** The subject and text of the one notice that the act brings. */
async function noticed(address: string, act: () => Promise<unknown>): Promise<string> {
  const before = noticesTo(address).length;
  await act();
  await expect.poll(() => noticesTo(address).length, { timeout: 10_000 }).toBe(before + 1);
  const { subject, text } = noticesTo(address).at(-1) ?? { subject: '', text: '' };
  expect(text).toMatch(/^When: \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m);
  // Nothing to open: whoever gets used to links in mails follows a forged one too.
  expect(text).not.toMatch(/https?:|#|@/);
  return `${subject}\n${text}`;
}

async function addPasskey(client: Client) {
  const { challenge, options } = await client.credentials.startRegistration();
  return client.credentials.addPasskey({ body: { challenge, name: 'Laptop', response: createAuthenticator(ORIGIN).create(options) } });
}

test('each change of a way in is told to the address, with what, when and from where, and nothing secret', async () => {
  const { client, email, password } = await signUp();
  const by = (act: () => Promise<unknown>) => noticed(email, act);
  const changed = await by(() => client.auth.changePassword({ body: { current: password, password: NEXT } }));
  expect(changed).toContain('PrivexBot: your password was changed');
  expect(changed).toContain('From: Test\n');
  expect(changed).not.toContain(NEXT);

  const passkeys: CredentialId[] = [];
  expect(await by(async () => passkeys.push((await addPasskey(client)).id))).toContain('a passkey was added');
  const { challenge, secret } = await client.credentials.startTotp();
  const confirmed = await by(() => client.credentials.confirmTotp({ body: { challenge, code: codeOf(secret, enclave.context.now()) } }));
  expect(confirmed).toContain('an authenticator app was set up');
  expect(confirmed).not.toContain(secret);
  expect(await by(() => client.credentials.renewRecoveryCodes())).toContain('new recovery codes were made');
  expect(await by(() => client.credentials.removeTotp())).toContain('the authenticator app was removed');
  for (const credential of passkeys)
    expect(await by(() => client.credentials.removePasskey({ params: { credential } }))).toContain('a passkey was removed');

  const wallet = evmWallet('noticed');
  const asked = await client.wallets.linkChallenge({ body: { family: 'evm', address: wallet.address, chainId: '1' } });
  const signature = Buffer.from(wallet.sign(asked.text)).toString('base64url');
  const link = () => client.wallets.link({ body: { challenge: asked.challenge, text: asked.text, signature } });
  expect(await by(link)).not.toContain(wallet.address);
  for (const { id: identity } of (await client.credentials.security()).identities)
    expect(await by(() => client.credentials.unlink({ params: { identity } }))).toContain('was unlinked');

  const [token = ''] = await mailbox.tokensMailedBy(() => enclave.client().auth.requestReset({ body: { email } }), '/reset', email);
  const reset = await by(() => enclave.client().auth.completeReset({ body: { token, password: 'yet another long one' } }));
  expect(reset).toContain('From: a link that was mailed to you');
});

test('a change of address is told to the old address and to the new one', async () => {
  const { client, email } = await signUp();
  const wanted = 'new-place@example.com';
  const ask = () => client.credentials.changeEmail({ body: { email: wanted } });
  const [oldSide = '', newSide = ''] = await mailbox.tokensMailedBy(ask, '/change-address', email, wanted);
  await client.credentials.confirmEmail({ body: { token: newSide } });
  expect(noticesTo(email)).toEqual([]);
  expect(await noticed(email, () => client.credentials.confirmEmail({ body: { token: oldSide } }))).toContain('your address was changed');
  await expect.poll(() => noticesTo(wanted).length, { timeout: 10_000 }).toBe(1);
});

test('an address that nobody proved is told nothing', async () => {
  const [stranger, person] = [await enclave.signUp(), await signUp()];
  await stranger.client.credentials.setPassword({ body: { password: NEXT } });
  // Mails of one queue leave in the order in which they were asked for.
  await noticed(person.email, () => person.client.credentials.setPassword({ body: { password: NEXT } }));
  expect(noticesTo(stranger.email)).toEqual([]);
});

test('a mail server that is down neither delays nor fails the change, and gets the mail once it is back; what waits is sealed', async () => {
  const { client, email, user } = await signUp();
  mailbox.isClosed = true;
  await client.credentials.setPassword({ body: { password: NEXT } });
  const refused = () =>
    enclave.forge<{ data: string }>("select data::text from pgboss.job where name = 'notify-person' and retry_count > 0");
  await expect.poll(async () => (await refused()).length, { timeout: 30_000 }).toBe(1);
  const [{ data } = { data: '' }] = await refused();
  expect(data).toContain(user);
  expect(data).not.toMatch(/@|password|example/);
  mailbox.isClosed = false;
  await expect.poll(() => noticesTo(email).length, { timeout: 30_000 }).toBe(1);
});

test('a job that somebody else put into the queue sends nothing', async () => {
  const { user, email } = await signUp();
  const id = `${user} ${Buffer.from(JSON.stringify({ to: email })).toString('base64url')}`;
  const forged = JSON.stringify({ org: 'environment', id });
  await enclave.forge("insert into pgboss.job (name, data) values ('notify-person', $1)", [forged]);
  const refused = () => enclave.forge("select 1 from pgboss.job where data->>'id' = $1 and retry_count > 0", [id]);
  await expect.poll(async () => (await refused()).length, { timeout: 30_000 }).toBe(1);
  expect(noticesTo(email)).toEqual([]);
});
