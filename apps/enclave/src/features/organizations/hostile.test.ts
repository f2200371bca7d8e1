// Members with few rights who try for more: by other ways, by what they made before, and in the midst of a change.
import type { AnswerEvent, Role } from '@privexbot/contract';
import { codeOf } from '@privexbot/testing/authenticator-app.ts';
import { type InKnowledge, join, makeKnowledge, publishBot } from '@privexbot/testing/desk.ts';
import { type ModelServer, startModelServer } from '@privexbot/testing/model-server.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evmWallet } from '../auth/strategies/wallets/wallet-keys.fixture.ts';

const WITHIN_MS = 5_000;

let model: ModelServer;
let enclave: Enclave;
let admin: Person;
let params: { org: Person['org'] };
let base: InKnowledge;
beforeAll(async () => {
  model = await startModelServer();
  enclave = await startEnclave({ settings: { PRIVEXBOT_MODEL_URL: model.url, PRIVEXBOT_PRIVATE_HOSTS: model.host } });
  admin = await enclave.signUp();
  params = { org: admin.org };
  base = await makeKnowledge(admin, { Leave: 'Staff receive 27 days of paid annual leave.' });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

const outcome = (call: Promise<unknown>): Promise<string> => call.then(() => 'done').catch((error: { code: string }) => error.code);
const outcomes = async (calls: readonly Promise<unknown>[]) => [...new Set(await Promise.all(calls.map(outcome)))];
const roleOf = async (person: Person) => (await admin.client.members.get({ params: { ...params, member: person.user } })).role;
const change = (person: Person, role: Role) => admin.client.members.change({ params: { ...params, member: person.user }, body: { role } });
const invitationOf = ({ link }: { link: string }) => link.split('#')[1] ?? '';

test('tier 1 makes nobody a member or more than they are, itself least of all', async () => {
  const lead = await join(enclave, admin, 'tier1');
  const other = await join(enclave, admin, 'tier4');
  const group = await admin.client.groups.create({ params, body: { name: 'Everybody' } });
  const connection = await admin.client.sso.create({
    params,
    body: { kind: 'oidc', name: 'Directory', settings: { issuer: 'https://idp.invalid', clientId: 'x' } },
  });
  const { client } = lead;
  const inGroup = { params: { ...params, group: group.id } };
  const atConnection = { params: { ...params, connection: connection.id } };
  const provisioning = { admins: true, groups: [{ group: 'x', role: 'admin' as const, workspaces: [] }] };
  const service = await admin.client.serviceAccounts.create({ params, body: { name: 'Program', role: 'tier4' } });
  expect(
    await outcomes([
      client.organizations.invite({ params, body: { email: 'mine@example.com', role: 'admin' } }),
      client.organizations.inviteMany({ params, body: { emails: ['mine@example.com'], role: 'tier4' } }),
      client.members.create({ params, body: { email: 'mine@example.com', name: 'Mine', role: 'admin' } }),
      ...[lead, other].map(({ user }) => client.members.change({ params: { ...params, member: user }, body: { role: 'admin' } })),
      client.members.remove({ params: { ...params, member: admin.user } }),
      client.members.resetPassword({ params: { ...params, member: admin.user } }),
      client.organizations.transfer({ params, body: { member: lead.user, role: 'tier4' } }),
      client.groups.change({ ...inGroup, body: { role: 'admin' } }),
      client.groups.addMembers({ ...inGroup, body: { users: [lead.user] } }),
      client.sso.create({ params, body: { kind: 'oidc', name: 'x', settings: { issuer: 'https://idp.invalid', clientId: 'x' } } }),
      client.sso.change({ ...atConnection, body: { provisioning } }),
      client.sso.activate(atConnection),
      client.scim.createToken({ ...atConnection, body: { name: 'x' } }),
      client.domains.add({ params, body: { name: 'mine.test' } }),
      client.agencies.offer({ params, body: { role: 'admin' } }),
      client.serviceAccounts.create({ params, body: { name: 'x', role: 'tier1' } }),
      client.serviceAccounts.createKey({ params: { ...params, service: service.id }, body: { name: 'x' } }),
      client.organizations.delete({ params, body: { name: 'x' } }),
      client.organizations.suspend({ params }),
    ]),
  ).toEqual(['not_allowed']);
  // Nor by fields that nobody asked for.
  const extra = { name: 'Renamed', role: 'admin', org: admin.org, user: admin.user, emailVerified: true, isAdmin: true };
  await client.auth.rename({ body: extra });
  await client.apiKeys.create({ params, body: { ...extra, user: admin.user } as { name: string } });
  expect([await roleOf(lead), await roleOf(other), (await client.auth.me()).emailVerified]).toEqual(['tier1', 'tier4', false]);
  expect((await admin.client.members.get({ params: { ...params, member: admin.user } })).name).not.toBe('Renamed');
});

test('tier 3 brings nothing in: by no kind of source, no form, no upload begun before, no key and no question', async () => {
  const member = await join(enclave, admin, 'tier2');
  const { client, transport } = member;
  const begun = await client.uploads.start({ params, body: { name: 'a.txt', sizeBytes: 3 } });
  await client.uploads.putPart({ params: { ...params, upload: begun.id, part: '0' }, body: new Blob(['abc']) });
  const open = await client.uploads.start({ params, body: { name: 'b.txt', sizeBytes: 3 } });
  const { key } = await client.apiKeys.create({ params, body: { name: 'k' } });
  await change(member, 'tier3');
  const before = (await admin.client.knowledge.documents({ params: base })).items.length;
  const add = (by: Person['client'], body: Parameters<typeof client.knowledge.add>[0]['body']) => by.knowledge.add({ params: base, body });
  const form = new FormData();
  form.set('source', 'paste');
  form.set('file', new Blob(['abc']), 'a.txt');
  const path = `http://127.0.0.1/v1/organizations/${base.org}/workspaces/${base.workspace}/knowledge/${base.knowledge}/documents`;
  for (const by of [client, enclave.client(key)])
    expect(
      await outcomes([
        add(by, { source: 'paste', title: 'x', text: 'x' }),
        add(by, { source: 'page', url: `${model.url}/page` }),
        add(by, { source: 'upload', upload: begun.id }),
        by.uploads.start({ params, body: { name: 'c.txt', sizeBytes: 3 } }),
        by.uploads.putPart({ params: { ...params, upload: open.id, part: '0' }, body: new Blob(['abc']) }),
      ]),
    ).toEqual(['not_allowed']);
  expect((await transport(new Request(path, { method: 'POST', body: form }))).status).toBe(403);
  // What comes along with a question is no part of it.
  const bot = await publishBot(admin, { knowledgeBases: [base.knowledge] });
  const body = { question: 'How many days of leave?', attachments: [{ name: 'a.txt', text: 'abc' }], files: [begun.id] };
  await Array.fromAsync(await client.bots.ask({ params: bot.params, body }));
  expect((await admin.client.knowledge.documents({ params: base })).items.length).toBe(before);
});

test('who becomes tier 4 costs nothing more: not by a question, a search, an older key, a document that waits or a preview', async () => {
  const member = await join(enclave, admin, 'tier2');
  const { client } = member;
  const { key } = await client.apiKeys.create({ params, body: { name: 'older' } });
  const program = enclave.client(key);
  const bot = await publishBot(admin, { model: 'machine', knowledgeBases: [base.knowledge] }, 'api');
  const document = await client.knowledge.add({
    params: base,
    body: { source: 'paste', title: 'Mine', text: 'The canteen opens at noon.' },
  });
  const inDocument = { ...base, document: document.id };
  await expect.poll(async () => (await client.knowledge.document({ params: inDocument })).state, { timeout: 20_000 }).toBe('ready');
  await change(member, 'tier4');
  // What was let through before that counts still.
  const embeddings = () =>
    enclave.forge(`select 1 from pgboss.job where name = 'embed-document' and state in ('created', 'active') and data->>'id' = $1`, [
      document.id,
    ]);
  await expect.poll(async () => (await embeddings()).length, { timeout: 20_000 }).toBe(0);
  const before = { asked: model.asked, rows: (await admin.client.usage.read({ params })).rows };
  const question = 'ECHO: hello';
  const messages = [{ role: 'user' as const, content: question }];
  expect(
    await outcomes([
      client.bots.ask({ params: bot.params, body: { question } }),
      client.bots.preview({ params: bot.params, body: { question } }),
      client.knowledge.search({ params: base, body: { text: 'leave' } }),
      client.knowledge.retry({ params: inDocument }),
      client.knowledge.deleteDocument({ params: inDocument }),
      client.apiKeys.create({ params, body: { name: 'new' } }),
      program.bots.ask({ params: bot.params, body: { question } }),
      program.openai.chat({ body: { model: bot.params.bot, messages } }),
      program.openai.chat({ body: { model: bot.params.bot, messages, stream: true } }),
      program.openai.embeddings({ body: { model: 'default', input: 'hello' } }),
      program.knowledge.search({ params: base, body: { text: 'leave' } }),
    ]),
  ).toEqual(['not_allowed']);
  expect({ asked: model.asked, rows: (await admin.client.usage.read({ params })).rows }).toEqual(before);
});

test('a role that is lowered while an upload runs lets no further part in, and the file becomes no document', async () => {
  const member = await join(enclave, admin, 'tier2');
  const { client } = member;
  const PART = 1024 * 1024;
  const { id: upload } = await client.uploads.start({ params, body: { name: 'a.txt', sizeBytes: 3 * PART } });
  const put = (part: number) =>
    outcome(client.uploads.putPart({ params: { ...params, upload, part: String(part) }, body: new Blob(['x'.repeat(PART)]) }));
  expect(await put(0)).toBe('done');
  const [, second, third] = await Promise.all([change(member, 'tier3'), put(1), put(2)]);
  expect([second, third].every((one) => one === 'done' || one === 'not_allowed')).toBe(true);
  expect(await put(1)).toBe('not_allowed');
  expect(await outcome(client.knowledge.add({ params: base, body: { source: 'upload', upload } }))).toBe('not_allowed');
});

test('an invitation gives what it says and to whom it says, whatever is sent along', async () => {
  const email = `invited-${Math.random()}@example.com`;
  const invitation = invitationOf(await admin.client.organizations.invite({ params, body: { email, role: 'tier4' } }));
  const extra = { role: 'admin', org: admin.org, workspace: admin.workspace };
  const other = await enclave.signUp();
  const accept = (by: Person['client'], token: string) =>
    by.auth.acceptInvitation({ body: { invitation: token, ...extra } as { invitation: string } });
  expect(await outcome(accept(other.client, invitation))).toBe('bad_request');
  for (const token of [invitation.toUpperCase(), `${invitation} `, invitation.slice(0, -1), `${invitation}A`])
    if (token !== invitation) expect(['link_invalid', 'bad_request'], token).toContain(await outcome(accept(other.client, token)));
  const person = await enclave.signUp({ email, invitation, ...extra } as { email: string });
  expect(await roleOf(person)).toBe('tier4');
  expect(await outcome(accept(person.client, invitation))).toBe('link_invalid');
});

test('nobody joins an organization that is about to be deleted; once that is taken back the invitation works', async () => {
  const boss = await enclave.signUp({ organization: 'Going' });
  const at = { params: { org: boss.org } };
  const person = await enclave.signUp();
  const invitation = invitationOf(await boss.client.organizations.invite({ ...at, body: { email: person.email, role: 'tier2' } }));
  const lead = await join(enclave, boss, 'tier1');
  const { key } = await lead.client.apiKeys.create({ ...at, body: { name: 'k' } });
  await boss.client.organizations.delete({ ...at, body: { name: 'Going' } });
  const accept = () => outcome(person.client.auth.acceptInvitation({ body: { invitation } }));
  expect(await accept()).toBe('link_invalid');
  // Nor does somebody of it bring it back, or make it end sooner, who may not.
  expect(await outcome(lead.client.organizations.reactivate(at))).toBe('not_allowed');
  expect(await outcome(enclave.client(key).organizations.reactivate(at))).toBe('not_allowed');
  expect(await outcome(boss.client.organizations.invite({ ...at, body: { email: 'late@example.com', role: 'tier2' } }))).toBe(
    'organization_closed',
  );
  const { deletedAt } = await boss.client.organizations.get(at);
  await boss.client.organizations.delete({ ...at, body: { name: 'Going' } }).catch(() => undefined);
  expect((await boss.client.organizations.get(at)).deletedAt).toBe(deletedAt);
  await boss.client.organizations.reactivate(at);
  expect(await accept()).toBe('done');
});

test('an answer to somebody of an agency ends within five seconds of the consent', async () => {
  const client = await enclave.signUp({ organization: 'Client' });
  const agency = await enclave.signUp({ organization: 'Agency' });
  const worker = await join(enclave, agency, 'tier3');
  const offer = await client.client.agencies.offer({ params: client, body: { role: 'tier3' } });
  const accepted = await agency.client.agencies.accept({ params: agency, body: { token: invitationOf(offer) } });
  await agency.client.agencies.assign({ params: { org: agency.org, client: accepted.id, member: worker.user }, body: { role: 'tier3' } });
  const bot = await publishBot(client, { model: 'machine' });
  model.behaviour = 'falls silent';
  let last: AnswerEvent | undefined;
  let taken = 0;
  for await (const event of await worker.client.bots.ask({ params: bot.params, body: { question: 'Well?' } })) {
    last = event;
    if (event.type !== 'text' || taken) continue;
    await client.client.agencies.revoke({ params: { org: client.org, agency: accepted.id } });
    taken = performance.now();
  }
  model.behaviour = 'answers';
  expect(performance.now() - taken).toBeLessThan(WITHIN_MS);
  expect(last).toMatchObject({ type: 'failed', code: 'not_found' });
});

test('nobody whom an agency sends in the moment of its end stays', async () => {
  for (let round = 0; round < 6; round++) {
    const client = await enclave.signUp({ organization: 'Client' });
    const agency = await enclave.signUp({ organization: 'Agency' });
    const workers = await Promise.all([1, 2, 3].map(() => join(enclave, agency, 'tier3')));
    const offer = await client.client.agencies.offer({ params: client, body: { role: 'tier3' } });
    const { id } = await agency.client.agencies.accept({ params: agency, body: { token: invitationOf(offer) } });
    const assign = ({ user }: Person) =>
      agency.client.agencies.assign({ params: { org: agency.org, client: id, member: user }, body: { role: 'tier3' } });
    const [first, ...others] = workers;
    if (first) await assign(first);
    await Promise.allSettled([
      ...others.map(assign),
      client.client.agencies.revoke({ params: { org: client.org, agency: id } }),
      ...(round % 2 ? [agency.client.agencies.leave({ params: { org: agency.org, client: id } })] : []),
    ]);
    expect(await outcomes(workers.map((worker) => worker.client.organizations.get({ params: { org: client.org } })))).toEqual([
      'not_found',
    ]);
    expect((await client.client.members.list({ params: client })).total).toBe(1);
  }
});

test('an Admin who was in an account that the Admin made leaves no way in behind for when the person is in it', async () => {
  const email = `made-${Math.random()}@example.com`;
  const { member, password } = await admin.client.members.create({ params, body: { email, name: 'Made', role: 'tier2' } });
  const spy = enclave.client();
  await spy.auth.signIn({ body: { email, password, newPassword: 'a password of the Admin' } });
  const wallet = evmWallet(`spy ${Math.random()}`);
  const { address } = wallet;
  const signed = async (asking: Promise<{ challenge: string; text: string }>) => {
    const { challenge, text } = await asking;
    return { body: { challenge, text, signature: Buffer.from(wallet.sign(text)).toString('base64url') } };
  };
  await spy.wallets.link(await signed(spy.wallets.linkChallenge({ body: { family: 'evm', address, chainId: '1' } })));
  const { challenge, secret } = await spy.credentials.startTotp();
  await spy.credentials.confirmTotp({ body: { challenge, code: codeOf(secret, enclave.context.now()) } });

  const reset = await admin.client.members.resetPassword({ params: { ...params, member: member.user } });
  const person = enclave.client();
  await person.auth.signIn({ body: { email, password: reset.password, newPassword: 'a password of my own' } });
  expect(await person.credentials.security()).toMatchObject({ identities: [], passkeys: [], recoveryCodes: 0 });
  await expect(spy.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  const back = await spy.wallets.signIn(await signed(spy.wallets.challenge({ body: { family: 'evm', address, chainId: '1' } })));
  expect(back.id).not.toBe(member.user);
});

test('an organization is handed to nobody who could not hold it: a program, a stranger, who is suspended, or nobody else', async () => {
  const service = await admin.client.serviceAccounts.create({ params, body: { name: 'Program', role: 'tier1' } });
  const stranger = await enclave.signUp();
  const suspended = await join(enclave, admin, 'tier1');
  await admin.client.members.suspend({ params: { ...params, member: suspended.user } });
  for (const member of [service.id, stranger.user, suspended.user, admin.user])
    expect(await outcome(admin.client.organizations.transfer({ params, body: { member, role: 'tier1' } }))).not.toBe('done');
  expect(await outcome(admin.client.members.change({ params: { ...params, member: service.id }, body: { role: 'admin' } }))).not.toBe(
    'done',
  );
  expect(await roleOf(admin)).toBe('admin');
});

const UNFIT = ['\u202egnp.exe', 'a\0b', 'a\nb', 'a\u2066b', 'a\u2028b', 'a\u001b[31mb', '', '   ', 'x'.repeat(121), 'x'.repeat(1_000_000)];
const ODD = [
  '<img src=x onerror=alert(1)>',
  '=cmd|"/c calc"!A0',
  "'; drop table users; --",
  '__proto__',
  'аdmin',
  '🏳️‍🌈',
  'שלום',
  '%00',
  '../../etc/passwd',
];

test('names that read other than they are are refused in every field that takes one; odd ones are kept as they are', async () => {
  const group = await admin.client.groups.create({ params, body: { name: 'Odd' } });
  const service = await admin.client.serviceAccounts.create({ params, body: { name: 'Odd', role: 'tier4' } });
  const settings = { issuer: 'https://idp.invalid', clientId: 'x' };
  const connection = await admin.client.sso.create({ params, body: { kind: 'oidc', name: 'Odd', settings } });
  const atConnection = { params: { ...params, connection: connection.id } };
  const { client } = admin;
  let made = 0;
  const fields: Record<string, (name: string) => Promise<{ name?: string } | undefined>> = {
    'auth.rename': async (name) => client.auth.rename({ body: { name } }),
    'auth.signUp': (name) =>
      enclave.client().auth.signUp({ body: { email: `odd-${++made}@example.com`, password: 'correct horse battery', name } }),
    'auth.signUp, organization': async (organization) => {
      const body = { email: `odd-${++made}@example.com`, password: 'correct horse battery', organization };
      return (await enclave.client().auth.signUp({ body })).organizations[0];
    },
    'organizations.create': (name) => client.organizations.create({ body: { name } }),
    'organizations.rename': (name) => client.organizations.rename({ params, body: { name } }),
    'organizations.createWorkspace': (name) => client.organizations.createWorkspace({ params, body: { name } }),
    'organizations.renameWorkspace': (name) => client.organizations.renameWorkspace({ params: admin, body: { name } }),
    'members.create': async (name) =>
      (await client.members.create({ params, body: { email: `odd-${++made}@example.com`, name, role: 'tier4' } })).member,
    'groups.create': (name) => client.groups.create({ params, body: { name } }),
    'groups.change': (name) =>
      client.groups.change({ params: { ...params, group: group.id }, body: { name: `${name}${name.trim() ? ' 2' : ''}` } }),
    'serviceAccounts.create': (name) => client.serviceAccounts.create({ params, body: { name, role: 'tier4' } }),
    'serviceAccounts.change': (name) => client.serviceAccounts.change({ params: { ...params, service: service.id }, body: { name } }),
    'apiKeys.create': (name) => client.apiKeys.create({ params, body: { name } }),
    'sso.create': (name) => client.sso.create({ params, body: { kind: 'oidc', name, settings } }),
    'sso.change': (name) => client.sso.change({ ...atConnection, body: { name } }),
    'scim.createToken': (name) => client.scim.createToken({ ...atConnection, body: { name } }),
    'audit.addSink': (name) => client.audit.addSink({ params, body: { kind: 'webhook', name, url: `${model.url}/sink` } }),
    'models.add': (name) => client.models.add({ params, body: { provider: 'openai-compatible', name, url: model.url, model: 'x' } }),
    'knowledge.create': (name) => client.knowledge.create({ params: admin, body: { name } }),
  };
  for (const [field, write] of Object.entries(fields)) {
    for (const name of UNFIT)
      expect([field, name.slice(0, 12), await outcome(write(name))]).toEqual([
        field,
        name.slice(0, 12),
        expect.stringMatching(/^(bad_request|too_large)$/),
      ]);
    for (const name of ODD) {
      const kept = await write(name);
      if (kept?.name !== undefined) expect([field, kept.name.replace(/ 2$/, '')]).toEqual([field, name]);
    }
    enclave.advance(20_000); // so that no allowance is used up
  }
  expect(Object.keys(fields).length).toBeGreaterThan(15);
});
