// Two clients at once, where one thing may happen once.

import { createAuthenticator } from '@privexbot/testing/authenticator.ts';
import { codeOf } from '@privexbot/testing/authenticator-app.ts';
import { type Enclave, PASSWORD, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeUser } from '../store.ts';
import { evmWallet } from '../strategies/wallets/wallet-keys.fixture.ts';

const ORIGIN = 'https://bots.example';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave({ settings: { PRIVEXBOT_PUBLIC_URL: ORIGIN, PRIVEXBOT_ALLOW_SIMULATED: '1' } });
});
afterAll(() => enclave[Symbol.asyncDispose]());

const codesOf = (all: readonly PromiseSettledResult<unknown>[]) =>
  all.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code)).sort();

/** Somebody who has a passkey and a wallet, and no password. */
async function withTwoWays() {
  const client = enclave.client();
  const device = createAuthenticator(ORIGIN);
  const { challenge, options } = await client.credentials.startPasskeySignUp({ body: { name: 'Ada' } });
  await client.credentials.signUpByPasskey({ body: { challenge, response: device.create(options) } });
  const wallet = evmWallet(`races ${Math.random()}`);
  const { address } = wallet;
  const asked = await client.wallets.linkChallenge({ body: { family: 'evm', address, chainId: '1' } });
  const signature = Buffer.from(wallet.sign(asked.text)).toString('base64url');
  const { id: identity } = await client.wallets.link({ body: { challenge: asked.challenge, text: asked.text, signature } });
  const { passkeys } = await client.credentials.security();
  return { client, identity, credential: passkeys[0]?.id ?? '' };
}

test('two browsers that take away the two last ways in leave one', async () => {
  for (let round = 0; round < 5; round++) {
    const { client, identity, credential } = await withTwoWays();
    const all = await Promise.allSettled([
      client.credentials.unlink({ params: { identity } }),
      client.credentials.removePasskey({ params: { credential } }),
    ]);
    expect(codesOf(all)).toEqual(['done', 'last_way_in']);
    const { passkeys, identities } = await client.credentials.security();
    expect(passkeys.length + identities.length).toBe(1);
  }
});

test('a sign-in that is under way while its password is changed leads to no session', async () => {
  const { db, keyring } = enclave.context;
  const { email, user } = await enclave.signUp();
  const client = enclave.client();
  const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
  const changing = db.transaction('environment', 'test', async (tx) => {
    await tx.lock('users');
    await tx.lock('sessions');
    locked();
    // For the sign-in to come as far as its session.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await changeUser(keyring, tx, user, () => ({ password: 'of another password' }));
  });
  await isLocked;
  const signingIn = client.auth.signIn({ body: { email, password: PASSWORD } });
  await expect(signingIn).rejects.toMatchObject({ code: 'wrong_credentials' });
  await changing;
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a second factor completes no sign-in whose password was changed since, also after a wrong answer', async () => {
  const { db, keyring } = enclave.context;
  const { client: own, email, user } = await enclave.signUp();
  const { challenge: begun, secret } = await own.credentials.startTotp();
  await own.credentials.confirmTotp({ body: { challenge: begun, code: codeOf(secret, enclave.context.now()) } });
  const first = async () => {
    const client = enclave.client();
    const asked = await client.auth.signIn({ body: { email, password: PASSWORD } }).catch((error: unknown) => error);
    return { client, challenge: (asked as { details: { challenge: string } }).details.challenge };
  };
  const answer = ({ client, challenge }: Awaited<ReturnType<typeof first>>, code: string) =>
    client.credentials.secondFactor({ body: { challenge, proof: { way: 'totp', code } } });
  const [one, other] = [await first(), await first()];
  enclave.advance(60_000);
  const right = codeOf(secret, enclave.context.now());
  const wrong = await answer(other, right === '000000' ? '000001' : '000000').catch((error: unknown) => error);
  await db.transaction('environment', 'test', (tx) => changeUser(keyring, tx, user, () => ({ password: 'of another password' })));
  const again = (wrong as { details: { challenge: string } }).details.challenge;
  await expect(answer(one, right)).rejects.toMatchObject({ code: 'wrong_credentials' });
  enclave.advance(60_000);
  const next = codeOf(secret, enclave.context.now());
  await expect(answer({ ...other, challenge: again }, next)).rejects.toMatchObject({ code: 'wrong_credentials' });
  await expect(one.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('two browsers race for one code of an app: one gets in', async () => {
  const person = await enclave.signUp();
  const { challenge, secret } = await person.client.credentials.startTotp();
  await person.client.credentials.confirmTotp({ body: { challenge, code: codeOf(secret, enclave.context.now()) } });
  enclave.advance(60_000);
  const code = codeOf(secret, enclave.context.now());
  const first = async () => {
    const client = enclave.client();
    const asked = await client.auth.signIn({ body: { email: person.email, password: PASSWORD } }).catch((error: unknown) => error);
    return { client, challenge: (asked as { details: { challenge: string } }).details.challenge };
  };
  const browsers = await Promise.all([first(), first(), first()]);
  const all = await Promise.allSettled(
    browsers.map(({ client, challenge }) => client.credentials.secondFactor({ body: { challenge, proof: { way: 'totp', code } } })),
  );
  expect(codesOf(all)).toEqual(['done', 'second_factor_wrong', 'second_factor_wrong']);
});

test('one wallet that two people link at once belongs to one of them', async () => {
  const wallet = evmWallet(`shared ${Math.random()}`);
  const link = async () => {
    const { client } = await enclave.signUp();
    const { challenge, text } = await client.wallets.linkChallenge({ body: { family: 'evm', address: wallet.address, chainId: '1' } });
    const signature = Buffer.from(wallet.sign(text)).toString('base64url');
    return () => client.wallets.link({ body: { challenge, text, signature } });
  };
  const links = [await link(), await link(), await link()];
  expect(codesOf(await Promise.allSettled(links.map((one) => one())))).toEqual(['done', 'identity_taken', 'identity_taken']);
});

test('one address that five sign up with at once is one account', async () => {
  const body = { email: `raced-${Math.random()}@example.com`, password: PASSWORD };
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => enclave.client().auth.signUp({ body })));
  expect(codesOf(all)).toEqual(['address_taken', 'address_taken', 'address_taken', 'address_taken', 'done']);
});
