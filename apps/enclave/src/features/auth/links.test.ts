// One-time links, mailed by a real SMTP server.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { contract, RATES } from '@privexbot/contract';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

interface Received {
  to: string | undefined;
  subject: string | undefined;
  text: string;
  html: string | undefined;
}

let enclave: Enclave;
let server: SMTPServer;
let mails: Received[];
let isDown: boolean;
/** Where it is set, the mail server takes nothing until it is called. */
let held: PromiseWithResolvers<void> | undefined;
let onMail: () => void;

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    async onData(stream, _session, done) {
      const { to, subject, text: body = '', html } = await PostalMime.parse(await text(stream));
      await held?.promise;
      if (isDown) return done(new Error('no room'));
      mails.push({ to: to?.[0]?.address, subject, text: body, html });
      done();
      onMail();
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  enclave = await startEnclave({
    settings: {
      PRIVEXBOT_SMTP_URL: `smtp://127.0.0.1:${port}`,
      PRIVEXBOT_PUBLIC_URL: 'https://bots.example',
      PRIVEXBOT_ALLOW_SIMULATED: '1',
    },
  });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await new Promise<void>((resolve) => server.close(resolve));
});
beforeEach(() => {
  mails = [];
  isDown = false;
  onMail = () => undefined;
});

/** Waits for a mail that `action` sends and that opens `screen`; gives its token. */
async function tokenMailedBy(action: () => Promise<unknown>, screen: string): Promise<string> {
  const link = new RegExp(`^https://bots\\.example${screen}#(\\S+)$`, 'm');
  const before = mails.length;
  const arrived = new Promise<string>((resolve) => {
    onMail = () => {
      for (const mail of mails.slice(before)) {
        const [, token] = link.exec(mail.text) ?? [];
        if (token) resolve(token);
      }
    };
  });
  await action();
  return arrived;
}

async function signUp() {
  let person: Awaited<ReturnType<Enclave['signUp']>> | undefined;
  const verification = await tokenMailedBy(async () => {
    person = await enclave.signUp();
  }, '/verify-address');
  if (!person) throw new Error('nobody signed up');
  return { ...person, verification };
}

test('a mailed link proves the address, once', async () => {
  const { client, email, verification } = await signUp();
  expect(mails).toMatchObject([{ to: email, subject: 'Confirm your address for PrivexBot', html: undefined }]);
  await client.auth.verifyEmail({ body: { token: verification } });
  expect((await client.auth.me()).emailVerified).toBe(true);
  await expect(client.auth.verifyEmail({ body: { token: verification } })).rejects.toMatchObject({ code: 'link_invalid' });
});

test('a mailed link proves the address of nobody but the person who opens it signed in', async () => {
  const { client, verification } = await signUp();
  const verify = (by: typeof client) => by.auth.verifyEmail({ body: { token: verification } });
  await expect(verify(enclave.client())).rejects.toMatchObject({ code: 'not_signed_in' });
  await expect(verify((await signUp()).client)).rejects.toMatchObject({ code: 'link_invalid' });
  expect((await client.auth.me()).emailVerified).toBe(false);
  await verify(client);
});

test('a mailed link sets a new password, once, ends all sessions and proves the address', async () => {
  const { client, email } = await signUp();
  const token = await tokenMailedBy(() => enclave.client().auth.requestReset({ body: { email } }), '/reset');
  const complete = (password: string) => enclave.client().auth.completeReset({ body: { token, password } });
  const results = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => complete(`new password ${i}`)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(results.filter((one) => one.status === 'rejected' && one.reason.code !== 'link_invalid')).toEqual([]);
  const password = `new password ${results.findIndex(({ status }) => status === 'fulfilled')}`;
  await expect(client.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  expect((await enclave.client().auth.signIn({ body: { email, password } })).emailVerified).toBe(true);
});

test('links expire, and one kind does not serve for another', async () => {
  const { email, verification } = await signUp();
  const token = await tokenMailedBy(() => enclave.client().auth.requestReset({ body: { email } }), '/reset');
  const reset = (given: string) => enclave.client().auth.completeReset({ body: { token: given, password: 'another password' } });
  await expect(reset(verification)).rejects.toMatchObject({ code: 'link_invalid' });
  await expect(reset(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).rejects.toMatchObject({ code: 'link_invalid' });
  await expect(enclave.client().auth.signInByLink({ body: { token } })).rejects.toMatchObject({ code: 'link_invalid' });
  enclave.advance(61 * 60_000);
  await expect(reset(token)).rejects.toMatchObject({ code: 'link_invalid' });
});

test('a password change voids links that were mailed before', async () => {
  const { client, email, password } = await signUp();
  const token = await tokenMailedBy(() => enclave.client().auth.requestReset({ body: { email } }), '/reset');
  await client.auth.changePassword({ body: { current: password, password: 'another password' } });
  const late = enclave.client().auth.completeReset({ body: { token, password: 'of an attacker' } });
  await expect(late).rejects.toMatchObject({ code: 'link_invalid' });
});

test('nothing is mailed to an unknown address, and the answer is the same', async () => {
  const { email } = await signUp();
  mails = [];
  expect(await enclave.client().auth.requestReset({ body: { email: 'nobody@example.com' } })).toBeUndefined();
  await tokenMailedBy(() => enclave.client().auth.requestReset({ body: { email } }), '/reset');
  expect(mails.map(({ to }) => to)).toEqual([email]);
});

test('where a link leads is nothing that a request says', async () => {
  const { email } = await signUp();
  const evil = 'evil.example';
  const headers = {
    host: evil,
    'x-forwarded-host': evil,
    'x-forwarded-proto': 'http',
    'x-forwarded-server': evil,
    forwarded: `host=${evil};proto=http`,
    'x-original-url': `http://${evil}/`,
    'x-host': evil,
  };
  for (const path of [contract.auth.requestReset.path, contract.credentials.requestLink.path]) {
    const request = new Request(`http://${evil}${path}`, { method: 'POST', headers, body: JSON.stringify({ email }) });
    await enclave.transport()(request);
  }
  await expect.poll(() => mails.filter(({ text: body }) => /\/(reset|link)#/.test(body)).length).toBeGreaterThanOrEqual(2);
  for (const { text: body, subject } of mails) expect(`${subject} ${body}`).not.toContain(evil);
});

test('known addresses take no longer than unknown ones, also where the mail server takes its time', async () => {
  const { email } = await signUp();
  held = Promise.withResolvers();
  try {
    const took = async (address: string) => {
      const started = performance.now();
      await enclave.client().auth.requestReset({ body: { email: address } });
      return performance.now() - started;
    };
    await took('first@example.com');
    const known: number[] = [];
    const unknown: number[] = [];
    for (let n = 0; n < 7; n++) {
      enclave.advance(60_000);
      known.push(await took(email));
      unknown.push(await took(`nobody-${n}@example.com`));
    }
    const middle = (all: number[]) => all.toSorted((a, b) => a - b)[3] ?? 0;
    // Far less than the mail server would take.
    expect(Math.abs(middle(known) - middle(unknown))).toBeLessThan(100);
    expect(mails.filter(({ subject }) => subject?.startsWith('Reset'))).toEqual([]);
  } finally {
    held.resolve();
    held = undefined;
  }
});

test('a mail server that fails changes no answer', async () => {
  const { client, email } = await signUp();
  isDown = true;
  expect(await client.auth.requestReset({ body: { email } })).toBeUndefined();
  expect(await client.auth.requestVerification()).toBeUndefined();
});

test('an invitation is mailed too', async () => {
  const { client, org } = await signUp();
  const invite = () => client.organizations.invite({ params: { org }, body: { email: 'guest@example.com', role: 'tier3' } });
  const invitation = await tokenMailedBy(invite, '/invitation');
  expect(mails.at(-1)?.to).toBe('guest@example.com');
  const guest = await enclave.signUp({ email: 'guest@example.com', invitation });
  expect(guest.org).toBe(org);
});

test('nobody has mails sent to strangers without end, by whichever organization', async () => {
  const { client, org, user } = await signUp();
  const { id: second } = await client.organizations.create({ body: { name: 'Second' } });
  for (let n = 0; n < RATES.invitation.burst - 2; n++) enclave.context.limiter.take('invitation', user);
  const invite = (at: typeof org, count: number) =>
    client.organizations.inviteMany({
      params: { org: at },
      body: { emails: Array.from({ length: count }, (_, n) => `stranger-${at.slice(-6)}-${count}-${n}@example.com`), role: 'tier4' },
    });
  expect((await invite(org, 2)).invited).toHaveLength(2);
  for (const at of [org, second]) await expect(invite(at, 20)).rejects.toMatchObject({ code: 'rate_limited' });
  expect(await client.organizations.invitations({ params: { org: second } })).toEqual([]);
});
