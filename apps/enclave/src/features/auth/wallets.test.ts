import { type Client, createClient } from '@privexbot/sdk';
import { createDevice, type Device } from '@privexbot/testing/device.ts';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { base32nopad } from '@scure/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hotp, stepAt } from './credentials/totp.ts';
import { cosmosWallet, evmWallet, solanaWallet, type TestWallet } from './strategies/wallets/wallet-keys.fixture.ts';

const MINUTE = 60_000;
const CHAINS = { evm: '1', cosmos: 'cosmoshub-4', solana: undefined } as const;
const MAKERS = { evm: evmWallet, solana: solanaWallet, cosmos: cosmosWallet };
const FAMILIES = ['evm', 'solana', 'cosmos'] as const;

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

const clientOn = (device: Device) => createClient(enclave.transport(device));

function askedFor({ family, address }: TestWallet) {
  const chainId = CHAINS[family];
  return { family, address, ...(chainId ? { chainId } : {}) };
}

async function answer(wallet: TestWallet, asking: Promise<{ challenge: string; text: string }>, change = (text: string) => text) {
  const { challenge, text } = await asking;
  return signed(wallet, challenge, change(text));
}

function signed(wallet: TestWallet, challenge: string, text: string) {
  const signature = Buffer.from(wallet.sign(text)).toString('base64url');
  const publicKey = wallet.publicKey && Buffer.from(wallet.publicKey).toString('base64url');
  return { challenge, text, signature, ...(publicKey ? { publicKey } : {}) };
}

async function signIn(client: Client, wallet: TestWallet) {
  return client.wallets.signIn({ body: await answer(wallet, client.wallets.challenge({ body: askedFor(wallet) })) });
}

async function link(client: Client, wallet: TestWallet) {
  return client.wallets.link({ body: await answer(wallet, client.wallets.linkChallenge({ body: askedFor(wallet) })) });
}

test.each(FAMILIES)('%s: a new wallet makes an account, and is the same person on every device', async (family) => {
  const wallet = MAKERS[family](`new ${family}`);
  const account = await signIn(enclave.client(), wallet);
  expect(account).toMatchObject({ emailVerified: false, organizations: [{ role: 'admin' }] });
  expect(account.email).toBeUndefined();
  const again = await signIn(enclave.client(), wallet);
  expect(again.id).toBe(account.id);
  const other = await signIn(enclave.client(), MAKERS[family](`another ${family}`));
  expect(other.id).not.toBe(account.id);
});

test('the text names this site, the account, what it is for and an end', async () => {
  const client = enclave.client();
  const wallet = evmWallet('text');
  const { text, parts } = await client.wallets.challenge({ body: { ...askedFor(wallet), address: wallet.address.toLowerCase() } });
  expect(text.split('\n')).toEqual([
    '127.0.0.1 wants you to sign in with your Ethereum account:',
    wallet.address,
    '',
    'Sign in to PrivexBot. This costs nothing and moves nothing.',
    '',
    'URI: http://127.0.0.1',
    'Version: 1',
    'Chain ID: 1',
    expect.stringMatching(/^Nonce: [0-9a-f]{32}$/),
    `Issued At: ${parts.issuedAt}`,
    `Expiration Time: ${parts.expirationTime}`,
  ]);
  expect(Date.parse(parts.expirationTime) - Date.parse(parts.issuedAt)).toBe(5 * MINUTE);
});

test('one Cosmos key is one person on all chains', async () => {
  const account = await signIn(enclave.client(), cosmosWallet('everywhere'));
  for (const prefix of ['osmo', 'secret', 'celestia'])
    expect((await signIn(enclave.client(), cosmosWallet('everywhere', prefix))).id).toBe(account.id);
});

test('of five answers to one text at once one signs in', async () => {
  const wallet = solanaWallet('five');
  const client = enclave.client();
  const body = await answer(wallet, client.wallets.challenge({ body: askedFor(wallet) }));
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => client.wallets.signIn({ body })));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'challenge_invalid' });
});

test('an answer counts on the device that asked, within five minutes, once', async () => {
  const wallet = evmWallet('elsewhere');
  const asking = enclave.client();
  const body = await answer(wallet, asking.wallets.challenge({ body: askedFor(wallet) }));
  await expect(enclave.client().wallets.signIn({ body })).rejects.toMatchObject({ code: 'challenge_invalid' });
  await asking.wallets.signIn({ body });
  await expect(asking.wallets.signIn({ body })).rejects.toMatchObject({ code: 'challenge_invalid' });
  const late = await answer(wallet, asking.wallets.challenge({ body: askedFor(wallet) }));
  enclave.advance(6 * MINUTE);
  await expect(asking.wallets.signIn({ body: late })).rejects.toMatchObject({ code: 'challenge_invalid' });
});

test.each(FAMILIES)('%s: a text that says anything else is refused, and uses the challenge up', async (family) => {
  const wallet = MAKERS[family](`refused ${family}`);
  const [chain = '', other = ''] = { evm: ['1', '5'], solana: ['mainnet', 'devnet'], cosmos: ['cosmoshub-4', 'osmosis-1'] }[family];
  const changes: readonly ((text: string) => string)[] = [
    (text) => text.replace('127.0.0.1 wants', 'evil.example wants'),
    (text) => text.replace('127.0.0.1 wants', '127.0.0.1:8080 wants'),
    (text) => text.replace('URI: http://127.0.0.1', 'URI: http://evil.example'),
    (text) => text.replace(`Chain ID: ${chain}`, `Chain ID: ${other}`),
    (text) => text.replace(/Nonce: .*/, `Nonce: ${'0'.repeat(32)}`),
    (text) => text.replace(/Issued At: \d{4}/, 'Issued At: 2020'),
    (text) => text.replace(/\nExpiration Time: .*/, ''),
    (text) => text.replace('Sign in to PrivexBot', 'I owe you'),
    (text) => `${text}\nResources:\n- https://evil.example`,
    (text) => `I agree ${/Nonce: (.*)/.exec(text)?.[1]}`,
  ];
  for (const change of changes) {
    const client = enclave.client();
    const body = await answer(wallet, client.wallets.challenge({ body: askedFor(wallet) }), change);
    await expect(client.wallets.signIn({ body }), change.toString()).rejects.toMatchObject({ code: 'wallet_refused', status: 401 });
    await expect(client.wallets.signIn({ body })).rejects.toMatchObject({ code: 'challenge_invalid' });
  }
});

test.each(FAMILIES)('%s: the signature of another account is refused', async (family) => {
  const [mine, other] = [MAKERS[family](`mine ${family}`), MAKERS[family](`other ${family}`)];
  const client = enclave.client();
  const body = await answer(other, client.wallets.challenge({ body: askedFor(mine) }));
  await expect(client.wallets.signIn({ body })).rejects.toMatchObject({ code: 'wallet_refused' });
});

test('addresses and chains that are none are named, before anything is signed', async () => {
  const client = enclave.client();
  const { address } = evmWallet('named');
  for (const body of [
    { family: 'evm', address: `${address}0`, chainId: '1' },
    { family: 'evm', address: cosmosWallet('x').address, chainId: '1' },
    { family: 'solana', address },
    { family: 'cosmos', address: 'cosmos1qqqq', chainId: 'cosmoshub-4' },
  ] as const)
    await expect(client.wallets.challenge({ body })).rejects.toMatchObject({ code: 'bad_request', details: { field: 'address' } });
  for (const chainId of ['mainnet', '0x1', '1\nNonce: 12345678'])
    await expect(client.wallets.challenge({ body: { family: 'evm', address, chainId } })).rejects.toMatchObject({
      details: { field: 'chainId' },
    });
});

test('a wallet becomes a way into an account that has others, and into no second one', async () => {
  const person = await enclave.signUp();
  const wallet = evmWallet('linked');
  const { id, label } = await link(person.client, wallet);
  expect(label).toBe(`${wallet.address.slice(0, 8)}…${wallet.address.slice(-4)}`);
  expect((await link(person.client, wallet)).id).toBe(id);
  const account = await signIn(enclave.client(), wallet);
  expect(account).toMatchObject({ id: person.user, email: person.email });

  const second = await enclave.signUp();
  await expect(link(second.client, wallet)).rejects.toMatchObject({ code: 'identity_taken' });
  const { items } = await person.client.audit.list({ params: person, query: { action: 'identity.linked' } });
  expect(items[0]).toMatchObject({ target: person.user, facts: { method: 'evm', identity: id } });
});

test('a device that was left alone for a while links nothing', async () => {
  const { client } = await enclave.signUp();
  const wallet = evmWallet('left alone');
  enclave.advance(11 * MINUTE);
  await expect(link(client, wallet)).rejects.toMatchObject({ code: 'step_up_required' });
});

test('who has a second factor is asked for it after the wallet too', async () => {
  const { client, user } = await enclave.signUp();
  const wallet = evmWallet('with an app');
  await link(client, wallet);
  const { challenge, secret } = await client.credentials.startTotp();
  const code = hotp(base32nopad.decode(secret), stepAt(enclave.context.now()));
  const { recoveryCodes = [] } = await client.credentials.confirmTotp({ body: { challenge, code } });
  const other = enclave.client();
  const first = await signIn(other, wallet).catch((error: unknown) => error);
  expect(first).toMatchObject({ code: 'second_factor_required' });
  await expect(other.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  const { details } = first as { details: { challenge: string } };
  const proof = { way: 'recovery', code: recoveryCodes[0] ?? '' } as const;
  expect(await other.credentials.secondFactor({ body: { challenge: details.challenge, proof } })).toMatchObject({ id: user });
});

test('a text to sign in links nothing, and one to link signs nobody in', async () => {
  const { client } = await enclave.signUp();
  const wallet = solanaWallet('confused');
  const toSignIn = await answer(wallet, client.wallets.challenge({ body: askedFor(wallet) }));
  await expect(client.wallets.link({ body: toSignIn })).rejects.toMatchObject({ code: 'challenge_invalid' });
  const toLink = await answer(wallet, client.wallets.linkChallenge({ body: askedFor(wallet) }));
  await expect(client.wallets.signIn({ body: toLink })).rejects.toMatchObject({ code: 'challenge_invalid' });
  // Nor in the name of the text it was given for.
  const { challenge } = await client.wallets.challenge({ body: askedFor(wallet) });
  await expect(client.wallets.signIn({ body: { ...toLink, challenge } })).rejects.toMatchObject({ code: 'wallet_refused' });
});

test('whoever signs in next on the device gets no wallet linked that the one before asked for', async () => {
  const device = createDevice();
  const first = clientOn(device);
  await first.auth.signUp({ body: { email: 'before@example.com', password: 'correct horse battery' } });
  const wallet = evmWallet('shared desk');
  const body = await answer(wallet, first.wallets.linkChallenge({ body: askedFor(wallet) }));
  const second = clientOn(device);
  await second.auth.signUp({ body: { email: 'after@example.com', password: 'correct horse battery' } });
  await expect(second.wallets.link({ body })).rejects.toMatchObject({ code: 'challenge_invalid' });
});

test('without the key of a device there is neither a text nor a session', async () => {
  const bare = createClient(enclave.bareTransport(enclave.openChannel()));
  const wallet = evmWallet('no device');
  await expect(bare.wallets.challenge({ body: askedFor(wallet) })).rejects.toMatchObject({ code: 'device_required' });
});

test('neither the address nor what was signed is stored in the clear', async () => {
  const wallet = cosmosWallet('canary');
  await signIn(enclave.client(), wallet);
  await enclave.client().wallets.challenge({ body: askedFor(wallet) });
  const subject = Buffer.from(wallet.publicKey).toString('hex');
  for (const table of ['identities', 'challenges', 'users', 'audit_entries']) {
    const [row] = await enclave.forge<{ text: string }>(`select string_agg(t::text, ' ') as text from ${table} t`);
    for (const secret of [wallet.address, wallet.address.slice(0, 12), subject]) expect(row?.text, table).not.toContain(secret);
  }
});
