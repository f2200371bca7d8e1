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

test('the log of the new organization names who made it, and how that person got in', async () => {
  const { client, org, email } = await enclave.signUp();
  const actor = expect.stringContaining(email);
  const { items } = await client.audit.list({ params: { org } });
  // The reading of the log stands on top.
  expect(items.slice(1)).toMatchObject([
    { action: 'session.started', actor, facts: { by: 'password', factors: 1 } },
    { action: 'account.created', actor },
    { action: 'member.joined', actor },
    { action: 'organization.created', actor },
  ]);
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

test('a session ends after thirty days', async () => {
  const { client, email } = await enclave.signUp();
  enclave.advance(29 * DAY);
  expect((await client.auth.me()).email).toBe(email);
  enclave.advance(1.1 * DAY);
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
});

test('a new password needs the old one and ends all other sessions', async () => {
  const { client, email, password } = await enclave.signUp();
  const other = enclave.client();
  await other.auth.signIn({ body: { email, password } });
  const wrong = client.auth.changePassword({ body: { current: 'not this one', password: 'a new password' } });
  await expect(wrong).rejects.toMatchObject({ code: 'wrong_credentials' });
  await client.auth.changePassword({ body: { current: password, password: 'a new password' } });
  await expect(other.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  expect((await client.auth.me()).email).toBe(email);
  await expect(enclave.client().auth.signIn({ body: { email, password } })).rejects.toMatchObject({ code: 'wrong_credentials' });
  await enclave.client().auth.signIn({ body: { email, password: 'a new password' } });
});

test('sign-in answers the same, with the same work, for a wrong password and an unknown address', async () => {
  const { email } = await enclave.signUp();
  const attempt = async (address: string) => {
    const before = process.cpuUsage();
    const response = await enclave.transport()(jsonRequest('/v1/auth/sign-in', { email: address, password: 'wrong password' }));
    const { user, system } = process.cpuUsage(before);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    return { work: user + system, answer: { status: response.status, ...error, reference: '' } };
  };
  await attempt('first@example.com');
  const work = { known: 0, unknown: 0 };
  for (let i = 0; i < 8; i++) {
    const known = await attempt(email);
    const unknown = await attempt(`nobody-${i}@example.com`);
    expect(unknown.answer).toEqual(known.answer);
    work.known += known.work;
    work.unknown += unknown.work;
  }
  // Processor time of all threads: far apart only if one of them skips the hash, which is most of the work.
  expect(work.unknown / work.known).toBeGreaterThan(0.4);
  expect(work.unknown / work.known).toBeLessThan(2.5);
});

/** Guesses until one is refused: an allowance refills while a slow machine works, so it may take some more than the ten it is for. */
async function guessUntilSlowed(guess: (n: number) => Promise<unknown>): Promise<string[]> {
  const codes: string[] = [];
  while (codes.at(-1) !== 'rate_limited' && codes.length < 60)
    await guess(codes.length).catch((error: { code: string }) => codes.push(error.code));
  return codes;
}

test('guessing is slowed per address wherever it comes from, known or not, and per network address', async () => {
  const { email, password } = await enclave.signUp();
  for (const address of [email, 'nobody@example.com']) {
    const codes = await guessUntilSlowed(() => enclave.client().auth.signIn({ body: { email: address, password: 'wrong password' } }));
    expect(codes.slice(0, 30)).toEqual(Array(30).fill('wrong_credentials'));
    expect(codes.at(-1)).toBe('rate_limited');
  }
  enclave.advance(61_000);
  await enclave.client().auth.signIn({ body: { email, password } });

  const one = enclave.client();
  const codes = await guessUntilSlowed((n) => one.auth.signIn({ body: { email: `nobody-${n}@example.org`, password } }));
  expect(codes.slice(0, 10)).toEqual(Array(10).fill('wrong_credentials'));
  expect(codes.at(-1)).toBe('rate_limited');
});

test('signing in often with the right password is not slowed', async () => {
  const { email, password } = await enclave.signUp();
  for (let i = 0; i < 12; i++) await enclave.client().auth.signIn({ body: { email, password } });
});

test('fifty sign-ins at once all succeed without much memory', async () => {
  const people = await Promise.all(Array.from({ length: 10 }, () => enclave.signUp()));
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const all = people.flatMap(({ email, password }) => Array.from({ length: 5 }, () => ({ email, password })));
  const accounts = await Promise.all(all.map((body) => enclave.client().auth.signIn({ body })));
  clearInterval(watch);
  expect(new Set(accounts.map(({ session }) => session)).size).toBe(50);
  expect(peak - before).toBeLessThan(200 * 1024 * 1024);
});

test('sign-up may be open, for the first person only, or by invitation only', async () => {
  await using first = await startEnclave({ settings: { PRIVEXBOT_SIGN_UP: 'first' } });
  expect(await first.client().auth.options()).toEqual({ signUp: 'first', signUpOpen: true, mail: false });
  const wishes = await Promise.allSettled([first.signUp(), first.signUp()]);
  expect(wishes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await first.client().auth.options()).signUpOpen).toBe(false);

  await using invited = await startEnclave({ settings: { PRIVEXBOT_SIGN_UP: 'invited' } });
  await expect(invited.signUp()).rejects.toMatchObject({ code: 'sign_up_closed' });
});

test('the server refuses what is not of the form, naming the field and never the value', async () => {
  const short = enclave.client().auth.signUp({ body: { email: 'x@example.com', password: 'short' } });
  await expect(short).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('password') });
  const address = enclave.client().auth.signUp({ body: { email: 'secret-at-nothing', password: PASSWORD } });
  await expect(address).rejects.toMatchObject({ code: 'bad_request', message: expect.not.stringContaining('secret') });
});

test('requests for links end the same without a mail server, and the address stays unverified', async () => {
  const { client, email } = await enclave.signUp();
  expect(await client.auth.requestVerification()).toBeUndefined();
  expect(await client.auth.requestReset({ body: { email } })).toBeUndefined();
  expect(await client.auth.requestReset({ body: { email: 'nobody@example.net' } })).toBeUndefined();
  expect((await client.auth.me()).emailVerified).toBe(false);
});

const DAY = 24 * 60 * 60_000;

function jsonRequest(path: string, body: object): Request {
  return new Request(`http://privexbot.invalid${path}`, { method: 'POST', body: JSON.stringify(body) });
}
