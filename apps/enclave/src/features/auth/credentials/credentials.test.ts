// Passkeys, second factors, fresh sign-ins, linked ways and addresses, on the real app.
import type { UserId } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';
import { type Authenticator, createAuthenticator } from '@privexbot/testing/authenticator.ts';
import { type Enclave, PASSWORD, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkIdentity } from '../identities.ts';
import { type Mailbox, openMailbox } from '../mailbox.fixture.ts';
import { hotp, stepAt } from './totp.ts';

const ORIGIN = 'https://bots.example';
const MINUTE = 60_000;

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

/** The code that an authenticator app shows now, or some steps from now. */
function codeOf(secret: string, ahead = 0): string {
  return hotp(decode(secret), stepAt(enclave.context.now()) + ahead);
}

/** RFC 4648 §6, without padding. */
function decode(text: string): Uint8Array {
  const bits = Array.from(text, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, i) => Number.parseInt(bits.slice(8 * i, 8 * i + 8), 2));
}

async function addPasskey(client: Client, name = 'Laptop'): Promise<Authenticator> {
  const device = createAuthenticator(ORIGIN);
  const { challenge, options } = await client.credentials.startRegistration();
  await client.credentials.addPasskey({ body: { challenge, name, response: device.create(options) } });
  return device;
}

async function addApp(client: Client): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { challenge, secret } = await client.credentials.startTotp();
  const { recoveryCodes = [] } = await client.credentials.confirmTotp({ body: { challenge, code: codeOf(secret) } });
  return { secret, recoveryCodes };
}

async function signInBy(device: Authenticator, client = enclave.client()) {
  const { challenge, options } = await client.credentials.startPasskey();
  return client.credentials.signInByPasskey({ body: { challenge, response: device.get(options) } });
}

/** The first step, which asks for the second. */
async function firstStep({ email, password }: Pick<Person, 'email' | 'password'>) {
  const client = enclave.client();
  const error = await client.auth.signIn({ body: { email, password } }).then(
    () => undefined,
    (thrown: { code: string; details: { challenge: string; ways: string } }) => thrown,
  );
  expect(error?.code).toBe('second_factor_required');
  return { client, challenge: error?.details.challenge ?? '', ways: error?.details.ways };
}

/** The challenge to answer after a wrong answer. */
async function askedAgain(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: { code: string; details: { challenge: string } }) => thrown,
  );
  expect(error?.code).toBe('second_factor_wrong');
  return error?.details.challenge ?? '';
}

async function actions(person: Person): Promise<string[]> {
  const { items } = await person.client.audit.list({ params: { org: person.org }, query: { limit: 100 } });
  return items.map(({ action }) => action);
}

test('a person adds passkeys, signs in with each, names one, and removes it', async () => {
  const person = await enclave.signUp();
  const [laptop, phone] = [await addPasskey(person.client), await addPasskey(person.client, 'Phone')];
  expect(await signInBy(laptop)).toMatchObject({ id: person.user });
  const other = enclave.client();
  expect(await signInBy(phone, other)).toMatchObject({ id: person.user });
  expect(await other.auth.sessions()).toContainEqual(expect.objectContaining({ current: true, method: 'passkey' }));

  const { passkeys } = await person.client.credentials.security();
  expect(passkeys.map(({ name, lastUsedAt }) => [name, typeof lastUsedAt])).toEqual([
    ['Laptop', 'string'],
    ['Phone', 'string'],
  ]);
  const params = { credential: passkeys[1]?.id ?? '' };
  await person.client.credentials.renamePasskey({ params, body: { name: 'Old phone' } });
  const stranger = await enclave.signUp();
  const rename = stranger.client.credentials.renamePasskey({ params, body: { name: 'x' } });
  await expect(rename).rejects.toMatchObject({ code: 'not_found' });
  await expect(stranger.client.credentials.removePasskey({ params })).rejects.toMatchObject({ code: 'not_found' });
  await person.client.credentials.removePasskey({ params });
  await expect(signInBy(phone)).rejects.toMatchObject({ code: 'passkey_refused' });
  expect(await actions(person)).toEqual(
    expect.arrayContaining(['credential.added', 'credential.changed', 'credential.removed', 'session.started']),
  );
});

test('a passkey’s answer counts once, on the device that asked, for the site it was made for', async () => {
  const person = await enclave.signUp();
  const device = await addPasskey(person.client);
  const client = enclave.client();
  const { challenge, options } = await client.credentials.startPasskey();
  const response = device.get(options);
  await expect(enclave.client().credentials.signInByPasskey({ body: { challenge, response } })).rejects.toMatchObject({
    code: 'challenge_invalid',
  });
  const tries = await Promise.allSettled(
    Array.from({ length: 5 }, () => client.credentials.signInByPasskey({ body: { challenge, response } })),
  );
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);

  const lies = [{ origin: 'https://bots.example.evil' }, { userVerified: false }, { challenge: 'A'.repeat(43) }];
  for (const lie of lies) {
    const next = await client.credentials.startPasskey();
    const body = { challenge: next.challenge, response: device.get(next.options, lie) };
    await expect(client.credentials.signInByPasskey({ body })).rejects.toMatchObject({ code: 'passkey_refused' });
  }
  // A challenge for one ceremony is none for another.
  const start = await person.client.credentials.startRegistration();
  const body = { challenge: start.challenge, response: device.get(options) };
  await expect(person.client.credentials.signInByPasskey({ body })).rejects.toMatchObject({ code: 'challenge_invalid' });
});

test('somebody signs up with a passkey alone; it cannot be removed while it is the only way in', async () => {
  const client = enclave.client();
  const device = createAuthenticator(ORIGIN);
  const { challenge, options } = await client.credentials.startPasskeySignUp({ body: { name: 'Ada' } });
  const account = await client.credentials.signUpByPasskey({ body: { challenge, response: device.create(options) } });
  expect(account).toMatchObject({ name: 'Ada', organizations: [{ name: 'Ada', role: 'admin' }] });
  expect(account.email).toBeUndefined();
  expect(await signInBy(device)).toMatchObject({ id: account.id });

  const { passkeys, hasPassword } = await client.credentials.security();
  expect(hasPassword).toBe(false);
  const params = { credential: passkeys[0]?.id ?? '' };
  await expect(client.credentials.removePasskey({ params })).rejects.toMatchObject({ code: 'last_way_in' });
  await addPasskey(client, 'Second');
  await client.credentials.removePasskey({ params });
  await expect(signInBy(device)).rejects.toMatchObject({ code: 'passkey_refused' });
});

test('with an authenticator app a password is the first of two steps, and a code counts once', async () => {
  const person = await enclave.signUp();
  const { secret, recoveryCodes } = await addApp(person.client);
  expect(recoveryCodes).toHaveLength(10);
  const { client, challenge, ways } = await firstStep(person);
  expect(ways).toBe('totp, recovery');
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });

  // The code that set the app up was used.
  const used = client.credentials.secondFactor({ body: { challenge, proof: { way: 'totp', code: codeOf(secret) } } });
  const asked = await askedAgain(used);
  await expect(
    client.credentials.secondFactor({ body: { challenge, proof: { way: 'totp', code: codeOf(secret, 1) } } }),
  ).rejects.toMatchObject({
    code: 'challenge_invalid',
  });
  const next = { challenge: asked, proof: { way: 'totp', code: codeOf(secret, 1) } } as const;
  // Another browser has not done the first step.
  await expect(enclave.client().credentials.secondFactor({ body: next })).rejects.toMatchObject({ code: 'challenge_invalid' });
  expect(await client.credentials.secondFactor({ body: next })).toMatchObject({ id: person.user });
  const again = await firstStep(person);
  const repeated = { challenge: again.challenge, proof: { way: 'totp', code: codeOf(secret, 1) } } as const;
  await expect(again.client.credentials.secondFactor({ body: repeated })).rejects.toMatchObject({ code: 'second_factor_wrong' });
});

test('two browsers race for one recovery code: one gets in', async () => {
  const person = await enclave.signUp();
  const { recoveryCodes } = await addApp(person.client);
  const browsers = await Promise.all(Array.from({ length: 4 }, () => firstStep(person)));
  const code = recoveryCodes[3]?.toUpperCase().replace('-', ' ') ?? '';
  const tries = await Promise.allSettled(
    browsers.map(({ client, challenge }) => client.credentials.secondFactor({ body: { challenge, proof: { way: 'recovery', code } } })),
  );
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of tries) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'second_factor_wrong' });
  expect((await person.client.credentials.security()).recoveryCodes).toBe(9);

  const { recoveryCodes: renewed } = await person.client.credentials.renewRecoveryCodes();
  const { client, challenge } = await firstStep(person);
  const old = client.credentials.secondFactor({ body: { challenge, proof: { way: 'recovery', code: recoveryCodes[0] ?? '' } } });
  const body = { challenge: await askedAgain(old), proof: { way: 'recovery', code: renewed[0] ?? '' } } as const;
  expect(await client.credentials.secondFactor({ body })).toMatchObject({ id: person.user });
});

test('a passkey is a second factor after a password, and none is asked for after a passkey', async () => {
  const person = await enclave.signUp();
  const device = await addPasskey(person.client);
  const { client, challenge, ways } = await firstStep(person);
  expect(ways).toBe('passkey');
  const { options } = await client.credentials.startSecondPasskey({ body: { challenge } });
  expect(options).toMatchObject({ allowCredentials: [{ id: device.credential }] });
  const stranger = createAuthenticator(ORIGIN);
  const wrong = client.credentials.secondFactor({ body: { challenge, proof: { way: 'passkey', response: stranger.get(options) } } });
  const asked = await askedAgain(wrong);
  const retry = await client.credentials.startSecondPasskey({ body: { challenge: asked } });
  const body = { challenge: asked, proof: { way: 'passkey', response: device.get(retry.options) } } as const;
  expect(await client.credentials.secondFactor({ body })).toMatchObject({ id: person.user });
  expect(await signInBy(device)).toMatchObject({ id: person.user });
});

test('guessed codes have to wait longer and longer, while the owner’s other factors go on working', async () => {
  const person = await enclave.signUp();
  const { secret, recoveryCodes } = await addApp(person.client);
  const wrong = async () => {
    enclave.advance(MINUTE);
    const { client, challenge } = await firstStep(person);
    const code = String((Number(codeOf(secret)) + 123_456) % 1_000_000).padStart(6, '0');
    return client.credentials
      .secondFactor({ body: { challenge, proof: { way: 'totp', code } } })
      .catch((error: { code: string; details: { seconds?: number } }) => ({ code: error.code, seconds: error.details.seconds }));
  };
  for (let i = 0; i < 6; i++) expect(await wrong()).toMatchObject({ code: 'second_factor_wrong' });
  expect(await wrong()).toMatchObject({ code: 'rate_limited', seconds: expect.any(Number) });
  const { client, challenge } = await firstStep(person);
  const right = client.credentials.secondFactor({ body: { challenge, proof: { way: 'totp', code: codeOf(secret) } } });
  await expect(right).rejects.toMatchObject({ code: 'rate_limited' });
  const body = { challenge, proof: { way: 'recovery', code: recoveryCodes[0] ?? '' } } as const;
  expect(await client.credentials.secondFactor({ body })).toMatchObject({ id: person.user });
});

test('what is dangerous asks for a sign-in of the last ten minutes, and proving again is one', async () => {
  const person = await enclave.signUp();
  const { secret } = await addApp(person.client);
  const device = await addPasskey(person.client);
  const { client } = person;
  enclave.advance(11 * MINUTE);
  const dangerous = [
    () => client.credentials.startRegistration(),
    () => client.credentials.startTotp(),
    () => client.credentials.removeTotp(),
    () => client.credentials.renewRecoveryCodes(),
    () => client.credentials.setPassword({ body: { password: 'another long one' } }),
    () => client.credentials.changeEmail({ body: { email: 'new@example.com' } }),
  ];
  for (const act of dangerous)
    await expect(act()).rejects.toMatchObject({ code: 'step_up_required', details: { ways: 'passkey, totp, recovery, password' } });
  expect(await client.credentials.security()).toMatchObject({ hasPassword: true });

  await expect(client.credentials.stepUp({ body: { way: 'password', password: 'not this one' } })).rejects.toMatchObject({
    code: 'wrong_credentials',
  });
  await expect(client.credentials.stepUp({ body: { way: 'totp', code: '000000' } })).rejects.toMatchObject({ code: 'second_factor_wrong' });
  await expect(client.credentials.startTotp()).rejects.toMatchObject({ code: 'step_up_required' });

  for (const prove of [
    () => client.credentials.stepUp({ body: { way: 'password', password: person.password } }),
    () => client.credentials.stepUp({ body: { way: 'totp', code: codeOf(secret) } }),
    async () => {
      const { passkey, ways } = await client.credentials.startStepUp();
      expect(ways).toEqual(['passkey', 'totp', 'recovery', 'password']);
      const { challenge = '', options = {} } = passkey ?? {};
      return client.credentials.stepUp({ body: { way: 'passkey', challenge, response: device.get(options) } });
    },
  ]) {
    enclave.advance(11 * MINUTE);
    await expect(client.credentials.startTotp()).rejects.toMatchObject({ code: 'step_up_required' });
    await prove();
    expect(await client.credentials.startTotp()).toMatchObject({ uri: expect.stringContaining('otpauth://totp/PrivexBot') });
  }
  expect(await actions(person)).toEqual(expect.arrayContaining(['session.stepped_up']));
});

test('a password that everybody tries first is refused wherever one is set', async () => {
  const { client } = await enclave.signUp();
  const refused = { code: 'password_common' };
  const password = 'Password2026!';
  await expect(enclave.client().auth.signUp({ body: { email: 'x@example.com', password } })).rejects.toMatchObject(refused);
  await expect(client.auth.changePassword({ body: { current: PASSWORD, password } })).rejects.toMatchObject(refused);
  await expect(client.credentials.setPassword({ body: { password } })).rejects.toMatchObject(refused);
});

test('a mailed link signs in who is known and makes an account for who is not, with one answer for both', async () => {
  const person = await enclave.signUp();
  const address = 'somebody-new@example.com';
  const answers: unknown[] = [];
  const tokens: string[] = [];
  for (const email of [person.email, address]) {
    expect(await enclave.client().credentials.start({ body: { email } })).toEqual({ ways: ['password', 'link'], connections: [] });
    const ask = async () => answers.push(await enclave.client().credentials.requestLink({ body: { email } }));
    tokens.push(...(await mailbox.tokensMailedBy(ask, '/link', email)));
  }
  expect(answers).toEqual([undefined, undefined]);
  const [, token = ''] = tokens;
  const account = await enclave.client().auth.signInByLink({ body: { token } });
  expect(account).toMatchObject({ email: address, emailVerified: true, organizations: [{ role: 'admin' }] });
  await expect(enclave.client().auth.signInByLink({ body: { token } })).rejects.toMatchObject({ code: 'address_taken' });
  for (const bad of [`${token.slice(0, -2)}AA`, 'new.AAAAAAAAAAAAAAAAAAAA'])
    await expect(enclave.client().auth.signInByLink({ body: { token: bad } })).rejects.toMatchObject({ code: 'link_invalid' });

  const [known = ''] = await mailbox.tokensMailedBy(
    () => enclave.client().credentials.requestLink({ body: { email: address } }),
    '/link',
    address,
  );
  expect(await enclave.client().auth.signInByLink({ body: { token: known } })).toMatchObject({ id: account.id });
  await expect(enclave.client().auth.signInByLink({ body: { token: known } })).rejects.toMatchObject({ code: 'link_invalid' });
});

test('a mailed link makes the account of an invited person too, and says so by how it begins', async () => {
  const { client, org } = await enclave.signUp();
  const email = 'invited@example.com';
  const body = { email, role: 'tier2' as const };
  const [invitation = ''] = await mailbox.tokensMailedBy(
    () => client.organizations.invite({ params: { org }, body }),
    '/invitation',
    email,
  );
  const guest = enclave.client();
  const [token = ''] = await mailbox.tokensMailedBy(() => guest.credentials.requestLink({ body: { email, invitation } }), '/link', email);
  expect(token).toMatch(/^join\./);
  expect(await guest.auth.signInByLink({ body: { token } })).toMatchObject({ organizations: [{ id: org, role: 'tier2' }] });
});

test('who took an address before its owner came is out once the owner proves it', async () => {
  const squatter = await enclave.signUp();
  const device = await addPasskey(squatter.client);
  const { id } = await squatter.client.auth.me();
  const { org } = squatter;
  const { key } = await squatter.client.apiKeys.create({ params: { org }, body: { name: 'waiting' } });
  const [token = ''] = await mailbox.tokensMailedBy(
    () => enclave.client().credentials.requestLink({ body: { email: squatter.email } }),
    '/link',
    squatter.email,
  );
  const owner = enclave.client();
  expect(await owner.auth.signInByLink({ body: { token } })).toMatchObject({ id, emailVerified: true });
  await expect(squatter.client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(enclave.client().auth.signIn({ body: squatter })).rejects.toMatchObject({ code: 'wrong_credentials' });
  await expect(signInBy(device)).rejects.toMatchObject({ code: 'passkey_refused' });
  await expect(enclave.client(key).organizations.ofKey()).rejects.toMatchObject({ code: 'not_signed_in' });
  expect(await owner.credentials.security()).toMatchObject({ hasPassword: false, passkeys: [] });
  expect(await owner.organizations.get({ params: { org } })).toMatchObject({ id: org });
});

test('another address counts once it is confirmed, by the old one too where that was', async () => {
  const person = await enclave.signUp();
  const { client, email } = person;
  const [verify = ''] = await mailbox.tokensMailedBy(() => client.auth.requestVerification(), '/verify-address', email);
  await client.auth.verifyEmail({ body: { token: verify } });
  const [reset = ''] = await mailbox.tokensMailedBy(() => enclave.client().auth.requestReset({ body: { email } }), '/reset', email);

  const wanted = 'moved@example.com';
  const change = () => client.credentials.changeEmail({ body: { email: wanted } });
  const [oldSide = '', newSide = ''] = await mailbox.tokensMailedBy(change, '/change-address', email, wanted);
  expect(await client.credentials.security()).toMatchObject({ newEmail: wanted });
  expect(await enclave.client().credentials.confirmEmail({ body: { token: newSide } })).toEqual({ changed: false });
  expect(await client.auth.me()).toMatchObject({ email });
  expect(await enclave.client().credentials.confirmEmail({ body: { token: oldSide } })).toEqual({ changed: true });
  expect(await client.auth.me()).toMatchObject({ email: wanted, emailVerified: true });
  await enclave.client().auth.signIn({ body: { email: wanted, password: PASSWORD } });
  await expect(enclave.client().auth.signIn({ body: { email, password: PASSWORD } })).rejects.toMatchObject({ code: 'wrong_credentials' });
  // Links of before lead nowhere.
  for (const token of [newSide, oldSide])
    await expect(enclave.client().credentials.confirmEmail({ body: { token } })).rejects.toMatchObject({ code: 'link_invalid' });
  const late = enclave.client().auth.completeReset({ body: { token: reset, password: 'a new password' } });
  await expect(late).rejects.toMatchObject({ code: 'link_invalid' });

  const [, cancelled = ''] = await mailbox.tokensMailedBy(
    () => client.credentials.changeEmail({ body: { email: 'again@example.com' } }),
    '/change-address',
    wanted,
    'again@example.com',
  );
  await client.credentials.cancelEmail();
  await expect(enclave.client().credentials.confirmEmail({ body: { token: cancelled } })).rejects.toMatchObject({ code: 'link_invalid' });
});

test('an address of somebody else gets no mail, and the answer tells nothing', async () => {
  const [person, other] = [await enclave.signUp(), await enclave.signUp()];
  const change = () => person.client.credentials.changeEmail({ body: { email: other.email } });
  expect(await change()).toMatchObject({ email: person.email });
  // Mails leave in the order in which they were asked for.
  await mailbox.tokensMailedBy(() => enclave.client().auth.requestReset({ body: { email: other.email } }), '/reset', other.email);
  expect(mailbox.mails.filter(({ text }) => text.includes('/change-address') && text.includes(person.user.slice(4)))).toEqual([]);
});

test('a linked wallet is listed and taken away, but not as the last way in', async () => {
  const person = await enclave.signUp();
  const link = (user: UserId) =>
    enclave.context.db.transaction('environment', 'visitor', (tx) =>
      linkIdentity(enclave.context, tx, user, {
        method: 'evm',
        issuer: 'evm',
        subject: `0x${user}`,
        label: '0x12…34',
        emailVerified: false,
        groups: [],
        amr: ['hwk'],
        authTime: new Date(),
      }),
    );
  const identity = await link(person.user);
  expect((await person.client.credentials.security()).identities).toMatchObject([{ id: identity, method: 'evm', label: '0x12…34' }]);
  const stranger = await enclave.signUp();
  await expect(stranger.client.credentials.unlink({ params: { identity } })).rejects.toMatchObject({ code: 'not_found' });
  await person.client.credentials.unlink({ params: { identity } });
  expect((await person.client.credentials.security()).identities).toEqual([]);
});

test('credentials deleted, moved or set back in the database are refused', async () => {
  const person = await enclave.signUp();
  const { secret } = await addApp(person.client);
  const rows = await enclave.forge('select * from credentials where user_id = $1', [person.user]);
  const attempt = () => enclave.client().auth.signIn({ body: { email: person.email, password: person.password } });

  // Without its row nobody would be asked for a code.
  await enclave.forge('delete from credentials where user_id = $1', [person.user]);
  await expect(attempt()).rejects.toMatchObject({ code: 'integrity_failed' });
  for (const row of rows)
    await enclave.forge(
      `insert into credentials (${Object.keys(row)}) values (${Object.keys(row).map((_, i) => `$${i + 1}`)})`,
      Object.values(row),
    );
  const { client, challenge } = await firstStep(person);
  await client.credentials.secondFactor({ body: { challenge, proof: { way: 'totp', code: codeOf(secret, 1) } } });

  // A state from before that code was used would let it count again.
  const before = rows.find(({ kind }) => kind === 'totp');
  await enclave.forge('update credentials set sealed = $1, version = $2 where id = $3', [before?.sealed, before?.version, before?.id]);
  await expect(attempt()).rejects.toMatchObject({ code: 'integrity_failed' });
  const stranger = await enclave.signUp();
  await enclave.forge('update credentials set user_id = $1 where user_id = $2', [stranger.user, person.user]);
  await expect(enclave.client().auth.signIn({ body: stranger })).rejects.toMatchObject({ code: 'integrity_failed' });
});
