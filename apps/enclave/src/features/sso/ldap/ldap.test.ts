import { createServer, type Socket } from 'node:net';
import { LdapSettings } from '@privexbot/contract';
import { CORP, DIRECTORY_PASSWORD, OPEN, PERSON_PASSWORD, type Slapd, startSlapd } from '@privexbot/testing/slapd.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOutbound } from '../../../providers/outbound/outbound.ts';
import { addressesOf } from '../strategies.ts';
import { type Checks, createChecks, SignInRefused } from '../strategy.ts';
import { createLdap } from './ldap.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const outbound = createOutbound({ privateHosts: new Set(['127.0.0.1', 'localhost']), log: { info: () => undefined } });
const ldap = createLdap({ now: () => NOW, outbound });
const { standings } = ldap;
if (ldap.way !== 'password') throw new Error('LDAP goes by password');
const { verify } = ldap;

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(async () => {
  await slapd?.[Symbol.asyncDispose]();
  await outbound.close();
});

const ADDRESSES = addressesOf('c', 'https://us.example');

/** A connection to the tree in the shape of Active Directory, but for what is given. */
function connect(given: Record<string, unknown> = {}, bindPassword = DIRECTORY_PASSWORD) {
  const settings = LdapSettings.parse({
    url: slapd.url,
    authorities: [slapd.authority],
    ...CORP,
    personClass: 'user',
    loginAttributes: ['sAMAccountName', 'userPrincipalName', 'mail'],
    subjectAttribute: 'objectGUID',
    nameAttribute: 'displayName',
    groups: { groupClass: 'group', nameAttribute: 'sAMAccountName' },
    ...given,
  });
  return { id: 'c', org: 'o', settings, secrets: { bindPassword }, addresses: ADDRESSES };
}

const openTree = () =>
  connect({
    ...OPEN,
    personClass: 'inetOrgPerson',
    loginAttributes: ['uid', 'mail'],
    subjectAttribute: 'entryUUID',
    nameAttribute: 'cn',
    groups: {},
  });

const signIn = (name: string, password = PERSON_PASSWORD, connection = connect(), checks: Checks = createChecks()) =>
  verify(connection, { name, password }, checks);

const look = (connection: ReturnType<typeof connect>, subjects: string[]) =>
  standings?.(connection, subjects, createChecks()) ?? Promise.reject();

/** The check that failed, with what it saw. */
async function refusal(attempt: (checks: Checks) => Promise<unknown>): Promise<string> {
  const checks = createChecks();
  const error = await attempt(checks).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SignInRefused)) throw error ?? new Error('it was taken');
  return [error.check, checks.list.at(-1)?.found].filter((part) => part !== undefined).join(': ');
}

test('who came is read with what names the person for good, and groups of groups', async () => {
  const checks = createChecks();
  const arrival = await signIn('ana', PERSON_PASSWORD, connect(), checks);
  expect(arrival).toMatchObject({
    issuer: 'dc=corp,dc=example',
    subject: '33221100-5544-7766-8899-aabbccddee01',
    name: 'Ana Example',
    email: 'ana@corp.example',
    emailVerified: true,
    amr: ['pwd'],
    authTime: NOW,
  });
  expect(arrival.groups.toSorted()).toEqual(['all-staff', 'engineering', 'round']);
  expect(arrival.claims.sAMAccountName).toBeUndefined();
  expect(checks.list.map(({ name, passed }) => `${name} ${passed}`)).toEqual(
    ['password', 'name', 'reachable', 'tls', 'bind', 'one_entry', 'password', 'enabled', 'subject', 'bind'].map((name) => `${name} true`),
  );
});

test.each(['ANA', ' ana ', 'ana@corp.example', 'Ana@Corp.Example'])('%j is the same person', async (name) => {
  expect((await signIn(name)).subject).toBe('33221100-5544-7766-8899-aabbccddee01');
});

test('StartTLS serves as well, by name too', async () => {
  const { port } = new URL(slapd.plainUrl);
  for (const url of [slapd.plainUrl, `ldap://localhost:${port}`, `ldaps://localhost:${slapd.port}`])
    expect((await signIn('ana', PERSON_PASSWORD, connect({ url }))).name).toBe('Ana Example');
});

test('a directory of another kind: entryUUID, groups by their whole name, or by the members’ names', async () => {
  const arrival = await signIn('lea', PERSON_PASSWORD, openTree());
  expect(arrival).toMatchObject({ name: 'Lea Open', email: 'lea@open.example', groups: ['cn=writers,dc=open,dc=example'] });
  expect(arrival.subject).toMatch(/^[0-9a-f-]{36}$/);
  const byName = connect({
    ...openTree().settings,
    groups: { groupClass: 'posixGroup', memberAttribute: 'memberUid', nameAttribute: 'cn' },
  });
  expect((await signIn('lea', PERSON_PASSWORD, byName)).groups).toEqual(['operators']);
});

test('groups of groups do not count where the connection says so', async () => {
  const flat = connect({ groups: { groupClass: 'group', nameAttribute: 'sAMAccountName', nested: false } });
  expect((await signIn('ana', PERSON_PASSWORD, flat)).groups).toEqual(['engineering']);
  const elsewhere = connect({ groups: { groupClass: 'group', baseDn: 'ou=People,dc=corp,dc=example' } });
  expect((await signIn('ana', PERSON_PASSWORD, elsewhere)).groups).toEqual([]);
});

test('a name with the signs of filters is a name', async () => {
  slapd.modify('dn: CN=Nora Never,OU=People,DC=corp,DC=example\nchangetype: modify\nreplace: mail\nmail: n*(o)\\ra@corp.example\n');
  expect((await signIn('n*(o)\\ra@corp.example')).name).toBe('Nora Never');
  expect((await signIn('ben')).groups.toSorted()).toEqual(['all-staff', 'engineering', 'round']);
});

test.each([
  ['*', 'one_entry: 0'],
  ['a*', 'one_entry: 0'],
  ['ana)(|(objectClass=*', 'one_entry: 0'],
  ['*)(uid=*))(|(uid=*', 'one_entry: 0'],
  ['ana\\2a', 'one_entry: 0'],
  ['nobody', 'one_entry: 0'],
  ['ana\0', 'name'],
  ['\u0007', 'name'],
  ['', 'name'],
  ['   ', 'name'],
  ['a'.repeat(300), 'name'],
])('the name %j is refused: %s', async (name, expected) => {
  expect(await refusal((checks) => signIn(name, PERSON_PASSWORD, connect(), checks))).toBe(expected);
});

test.each([
  ['ana', 'another password', 'password'],
  ['ana', '', 'password'],
  ['ana', '\0', 'password'],
  ['ana', `${PERSON_PASSWORD}\0`, 'password'],
  ['dora', PERSON_PASSWORD, 'enabled: userAccountControl'],
  ['dora', 'another password', 'password'],
  ['ed', PERSON_PASSWORD, 'enabled: accountExpires'],
  ['noid', PERSON_PASSWORD, 'subject: none'],
])('%s with %j is refused: %s', async (name, password, expected) => {
  expect(await refusal((checks) => signIn(name, password, connect(), checks))).toBe(expected);
});

test('an empty password does not reach the directory', async () => {
  const nowhere = connect({ url: 'ldaps://127.0.0.1:1' });
  expect(await refusal((checks) => signIn('ana', '', nowhere, checks))).toBe('password');
});

test('a name of two people is nobody’s', async () => {
  slapd.modify('dn: CN=Twin Two,OU=People,DC=corp,DC=example\nchangetype: modify\nreplace: mail\nmail: TWIN@corp.example\n');
  expect(await refusal((checks) => signIn('twin', PERSON_PASSWORD, connect(), checks))).toBe('one_entry: 2');
});

test('a referral is not followed', async () => {
  const behind = connect({ baseDn: 'ou=Elsewhere,dc=corp,dc=example' });
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, behind, checks))).toMatch(/^answer: .*result 10/);
});

test('the account that looks people up must be right', async () => {
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, connect({}, 'wrong'), checks))).toBe(`bind: ${CORP.bindDn}`);
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, connect({ bindDn: 'PLAIN' }), checks))).toBe('bind: PLAIN');
  expect(await refusal((checks) => ldap.probe(connect({}, 'wrong'), checks))).toBe(`bind: ${CORP.bindDn}`);
});

test('a test without a person says which base is missing', async () => {
  const checks = createChecks();
  await ldap.probe(connect(), checks);
  expect(checks.list.every(({ passed }) => passed)).toBe(true);
  expect(await refusal((failing) => ldap.probe(connect({ baseDn: 'ou=nowhere,dc=corp,dc=example' }), failing))).toBe('one_entry: none');
  const wrongGroups = connect({ groups: { baseDn: 'ou=nowhere,dc=corp,dc=example' } });
  expect(await refusal((failing) => ldap.probe(wrongGroups, failing))).toBe('one_entry: none');
});

test('people are looked up again by what names them for good', async () => {
  const subject = (last: number) => `33221100-5544-7766-8899-aabbccddee0${last}`;
  const found = await look(connect(), [1, 3, 5, 9].map(subject));
  const ana = found.get(subject(1));
  expect(typeof ana === 'object' ? ana.groups.toSorted() : ana).toEqual(['all-staff', 'engineering', 'round']);
  expect(found.get(subject(3))).toBe('disabled');
  expect(found.get(subject(5))).toEqual({ groups: ['directors'] });
  expect(found.get(subject(9))).toBe('gone');
  slapd.modify('dn: CN=directors,OU=Groups,DC=corp,DC=example\nchangetype: modify\ndelete: member\n');
  expect((await look(connect(), [subject(5)])).get(subject(5))).toEqual({ groups: [] });
  const { subject: uuid } = await signIn('lea', PERSON_PASSWORD, openTree());
  expect((await look(openTree(), [uuid])).get(uuid)).toEqual({ groups: ['cn=writers,dc=open,dc=example'] });
  expect(await look(connect({ url: 'ldaps://127.0.0.1:1' }), [])).toEqual(new Map());
});

test('a directory that is not there, private, or not the one whose certificate is pinned, is told apart', async () => {
  const probe = (given: Record<string, unknown>) => refusal((checks) => ldap.probe(connect(given), checks));
  expect(await probe({ url: 'ldaps://127.0.0.1:1' })).toBe('reachable: nothing answers at that port');
  expect(await probe({ authorities: [] })).toBe('tls: the certificate of the directory is not to be trusted');
  const guarded = createLdap({ now: () => NOW, outbound: createOutbound({ privateHosts: new Set(), log: { info: () => undefined } }) });
  for (const url of [slapd.url, slapd.url.replace('127.0.0.1', 'localhost'), 'ldap://[::1]:389', 'ldaps://169.254.169.254'])
    expect(await refusal((checks) => guarded.probe(connect({ url }), checks))).toBe('reachable: the address is private');
});

test.each([
  ['expired', 'tls: the certificate of the directory is not to be trusted'],
  ['other', 'tls: the certificate of the directory is not to be trusted'],
  ['none', 'tls: the directory does not offer TLS'],
] as const)('a directory with the certificate "%s" gets no password: %s', async (certificate, expected) => {
  await using other = await startSlapd({ certificate });
  const given = { url: certificate === 'none' ? other.plainUrl : other.url, authorities: [other.authority] };
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, connect(given), checks))).toBe(expected);
  if (certificate === 'none') return;
  const startTls = { ...given, url: other.plainUrl };
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, connect(startTls), checks))).toBe(expected);
});

/** A server that says these octets to whatever comes, and notes what that was. */
async function sayTo(...answers: (string | undefined)[]) {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let at = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard.push(bytes);
      const answer = answers[at++];
      if (answer !== undefined) socket.write(Buffer.from(answer, 'hex'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `ldap://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const STARTED = '300c02010178070a010004000400';

test.each([
  ['refuses', '300c02010178070a013404000400'],
  ['answers another message', '300c02010278070a010004000400'],
  ['answers with something else', '300c02010161070a010004000400'],
  ['answers in the web’s way', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ['says something behind its answer', `${STARTED}300c02010261070a010004000400`],
  ['begins something behind its answer', `${STARTED}3084000000ff`],
  ['answers without end', `3084ffffffff${'00'.repeat(2_000)}`],
])('a directory that %s when asked for TLS hears nothing else', async (_, answer) => {
  await using server = await sayTo(answer);
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, connect({ url: server.url }), checks))).toBe(
    'tls: the directory does not offer TLS',
  );
  expect(Buffer.concat(server.heard).toString('hex')).toBe('301d02010177188016312e332e362e312e342e312e313436362e3230303337');
});

test('a directory that speaks no TLS after it said so hears no password', async () => {
  await using server = await sayTo(STARTED, '300c02010261070a010004000400');
  expect(await refusal((checks) => signIn('ana', PERSON_PASSWORD, connect({ url: server.url }), checks))).toMatch(/^(tls|reachable)/);
  expect(Buffer.concat(server.heard).includes(DIRECTORY_PASSWORD)).toBe(false);
});

test('settings: addresses and names of attributes are only such', () => {
  const good = { url: 'ldaps://directory.example:636', ...CORP };
  expect(LdapSettings.safeParse(good).success).toBe(true);
  expect(LdapSettings.safeParse({ ...good, url: 'ldap://[2001:db8::1]:389' }).success).toBe(true);
  for (const url of ['http://a', 'ldaps://a:b@c', 'ldaps://a/dc=x', 'ldaps://a?x', 'directory', 'ldapi:///x'])
    expect([url, LdapSettings.safeParse({ ...good, url }).success]).toEqual([url, false]);
  for (const attribute of ['uid)(x', 'uid;binary', '', '*', 'a b'])
    expect([attribute, LdapSettings.safeParse({ ...good, loginAttributes: [attribute] }).success]).toEqual([attribute, false]);
});
