// Warnings before a certificate ends, by two servers on one storage and a real mail server, with the clocks moved on.
import type { ConnectionId } from '@privexbot/contract';
import { createStorage, type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRole } from '../auth/change-role.fixture.ts';
import { type Mailbox, openMailbox } from '../auth/mailbox.fixture.ts';
import { sweepCertificates } from './certificate-warnings.ts';
import { createOwnKey } from './saml/own-keys.ts';
import { changeConnection } from './store.ts';
import { createStrategies } from './strategies.ts';

const DAY = 24 * 60 * 60_000;
const TEN_YEARS = 3_650 * DAY;
const DAYS = [30, 7, 1];
const running = new AsyncDisposableStack();
let mailbox: Mailbox;
let servers: Enclave[];
let one: Enclave;
beforeAll(async () => {
  mailbox = running.use(await openMailbox());
  const storage = running.use(await createStorage());
  const settings = {
    PRIVEXBOT_SMTP_URL: mailbox.url,
    PRIVEXBOT_PUBLIC_URL: 'http://chat.test',
    PRIVEXBOT_ALLOW_SIMULATED: '1',
  };
  one = running.use(await startEnclave({ settings, storage, isReplica: true }));
  const two = running.use(await startEnclave({ settings, storage, isReplica: true }));
  servers = [one, two];
});
afterAll(() => running.disposeAsync());

/** A connection in use to a provider whose certificates end after so many days. */
async function connect(admin: Person, days: readonly number[], name = 'Company directory'): Promise<ConnectionId> {
  const made = days.map((left) => createOwnKey('Provider', new Date(one.context.now().getTime() + left * DAY - TEN_YEARS)));
  const certificates = (await Promise.all(made)).map(({ certificate }) => certificate);
  const provider = { entityId: 'https://idp.test', signOnUrl: 'https://idp.test/sso', certificates };
  const { id } = await admin.client.sso.create({
    params: { org: admin.org },
    body: { kind: 'saml', name, settings: { provider }, secrets: {} },
  });
  await use(admin, id);
  return id;
}

async function use({ org }: Person, id: ConnectionId): Promise<void> {
  const { db, keyring } = one.context;
  await db.transaction(org, 'system', (tx) => changeConnection(keyring, tx, org, id, () => ({ state: 'active' })));
}

/** Both servers at once, twice each, as their clocks may have it. */
async function sweep(): Promise<void> {
  const all = [...servers, ...servers];
  await Promise.all(all.map(({ context }) => sweepCertificates({ ...context, strategies: createStrategies(context) })));
}

const later = (ms: number) => {
  for (const server of servers) server.advance(ms);
};
const mailsTo = (email: string) => mailbox.mails.filter(({ to, subject }) => to === email && subject?.startsWith('A certificate'));
const warnings = async ({ client, org, email, password }: Person) => {
  await client.auth.signIn({ body: { email, password } }); // sessions ended meanwhile
  const { items } = await client.audit.list({ params: { org }, query: { action: 'connection.certificate_ends' } });
  return items.map(({ facts }) => facts);
};
const queued = () => one.forge(`select 1 from pgboss.job where name = 'warn-admin' and state <> 'completed'`);

test('each Admin gets one mail at 30, 7 and 1 days, and the log one entry, however many servers look', async () => {
  const admin = await one.signUp();
  const second = await join(admin, 'second@example.com');
  await changeRole(one.context, { user: second.user, org: admin.org }, 'admin');
  const member = await join(admin, 'member@example.com');
  const id = await connect(admin, [31]);
  await sweep();
  expect(await warnings(admin)).toEqual([]);

  for (const [index, wait] of [1.5, 23, 6].entries()) {
    later(wait * DAY);
    await sweep();
    await sweep();
    expect(await warnings(admin)).toMatchObject(
      DAYS.slice(0, index + 1)
        .reverse()
        .map((days) => ({ of: 'directory', days })),
    );
    await expect
      .poll(() => [mailsTo(admin.email).length, mailsTo(second.email).length], { timeout: 20_000 })
      .toEqual([index + 1, index + 1]);
  }
  later(3 * DAY);
  await sweep();
  await expect.poll(queued, { timeout: 20_000 }).toEqual([]);
  expect(await warnings(admin)).toHaveLength(3);
  expect(mailsTo(admin.email)).toHaveLength(3);
  expect(mailsTo(member.email)).toEqual([]);
  const [mail] = mailsTo(admin.email);
  expect(mail?.subject).toBe('A certificate of Company directory ends soon');
  expect(mail?.text).toContain(`http://chat.test/o/${admin.org}/sign-in?connection=${id}`);
  const jobs = await one.forge<{ data: unknown }>(`select data from pgboss.job where name = 'warn-admin'`);
  expect(JSON.stringify(jobs)).not.toMatch(/directory|@/i);
});

test('our own certificate is told of as well, a replaced one anew, and what is left from a change is not', async () => {
  const admin = await one.signUp();
  const id = await connect(admin, [-5, 6, 400]);
  const { expiresAt, ownExpiresAt } = await admin.client.sso.get({ params: { org: admin.org, connection: id } });
  expect(Date.parse(expiresAt ?? '') - one.context.now().getTime()).toBeGreaterThan(5 * DAY);
  expect(Date.parse(ownExpiresAt ?? '') - one.context.now().getTime()).toBeGreaterThan(TEN_YEARS - 3 * DAY);
  await sweep();
  expect(await warnings(admin)).toMatchObject([{ of: 'directory', days: 7 }]);
  later(10 * DAY);
  await sweep();
  expect(await warnings(admin)).toHaveLength(1);
  const { db, keyring } = one.context;
  await db.transaction(admin.org, 'system', async (tx) => {
    const key = await createOwnKey('PrivexBot', new Date(one.context.now().getTime() + 20 * DAY - TEN_YEARS));
    await changeConnection(keyring, tx, admin.org, id, () => ({ secrets: { keys: [key] } }));
  });
  await sweep();
  expect(await warnings(admin)).toMatchObject([{ of: 'own', days: 30 }, { of: 'directory' }]);
  await expect.poll(() => mailsTo(admin.email).at(-1)?.text, { timeout: 20_000 }).toContain('knows us ends on');
});

test('nothing is said of drafts, nor in an organization that is closed', async () => {
  const [drafts, closed] = [await one.signUp(), await one.signUp()];
  const id = await connect(drafts, [5]);
  const { db, keyring } = one.context;
  await db.transaction(drafts.org, 'system', (tx) => changeConnection(keyring, tx, drafts.org, id, () => ({ state: 'draft' })));
  await connect(closed, [5]);
  await closed.client.organizations.suspend({ params: closed });
  await sweep();
  await closed.client.organizations.reactivate({ params: closed });
  expect(await warnings(drafts)).toEqual([]);
  expect(await warnings(closed)).toEqual([]);
});

test('jobs that somebody wrote into the queue mail nobody who is no Admin, and nothing that is not so', async () => {
  const [admin, other] = [await one.signUp(), await one.signUp()];
  const id = await connect(admin, [400]);
  const due = await connect(other, [5]);
  const forged = [`${id} ${admin.user}`, `${due} ${admin.user}`, `${due}`, 'x', "' '"];
  for (const org of [admin.org, other.org])
    for (const text of forged) await one.forge('insert into pgboss.job (name, data) values ($1, $2)', ['warn-admin', { org, id: text }]);
  await expect.poll(queued, { timeout: 30_000 }).toEqual([]);
  expect(mailsTo(admin.email)).toEqual([]);
});

async function join({ client, org }: Person, email: string): Promise<Person> {
  const [token = ''] = await mailbox.tokensMailedBy(
    () => client.organizations.invite({ params: { org }, body: { email, role: 'tier4' } }),
    '/invitation',
    email,
  );
  return one.signUp({ email, invitation: token });
}
