import { AuditExportError, verifyAuditExport } from '@privexbot/sdk';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropOld } from './retention.ts';

const DAY_MS = 24 * 60 * 60_000;
let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

async function withEntries(count = 6): Promise<Person> {
  const person = await enclave.signUp();
  for (let i = 0; i < count; i++) {
    await person.client.organizations.rename({ params: person, body: { name: `Secret name ${i}` } });
    if (i % 2) await enclave.context.db.checkpoint();
  }
  return person;
}

const exported = async ({ client, org }: Person, query: Parameters<Person['client']['audit']['export']>[0]['query'] = {}) =>
  (await client.audit.export({ params: { org }, query })).text();

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  // In uneven pieces, as a file is read.
  for (let at = 0; at < text.length; at += 777) yield new TextEncoder().encode(text.slice(at, at + 777));
}
const check = (text: string, identity?: string) => verifyAuditExport(bytesOf(text), identity);
const codeOf = (text: string, identity?: string): Promise<string> =>
  check(text, identity).then(
    () => 'valid',
    (error: unknown) => (error instanceof AuditExportError ? error.code : String(error)),
  );
const identityOf = () => Buffer.from(enclave.context.keyring.publicKey('identity')).toString('base64url');

test('an export is checked by the identity of the environment alone, and holds every entry', async () => {
  const person = await withEntries();
  const text = await exported(person);
  expect(await check(text, identityOf())).toMatchObject({
    organization: person.org,
    identity: identityOf(),
    complete: true,
    entries: 11,
    uncovered: 0,
    writers: expect.any(Number),
  });
  expect(await codeOf(text, 'x'.repeat(43))).toBe('identity');
  expect(text).toContain('organization.renamed');
  expect(text).not.toContain('Secret name');
  // The log that was exported is still one that the server itself can check.
  expect(await person.client.audit.verify({ params: person })).toMatchObject({ intact: true });
});

type Change = (lines: string[]) => string[];
const entryAt = (lines: string[], nth: number) =>
  lines.map((line, i) => (line.includes('"type":"entry"') ? i : -1)).filter((i) => i >= 0)[nth] ?? -1;
const CHANGES: [string, Change][] = [
  [
    'an entry that was changed',
    (lines) => lines.with(entryAt(lines, 4), (lines[entryAt(lines, 4)] ?? '').replace('organization.renamed', 'member.removed')),
  ],
  ['an entry that was left out', (lines) => lines.toSpliced(entryAt(lines, 2), 1)],
  ['an entry that was put in twice', (lines) => lines.toSpliced(entryAt(lines, 2), 0, lines[entryAt(lines, 2)] ?? '')],
  ['a name that was changed', (lines) => lines.map((line) => line.replace(/"name":"[^"]+"/, '"name":"Somebody else"'))],
  ['a checkpoint that was left out', (lines) => lines.toSpliced(1, 1)],
  ['a checkpoint that was changed', (lines) => lines.with(1, (lines[1] ?? '').replace(/\d{14}-/, '00000000000001-'))],
  ['another organization', (lines) => lines.with(0, (lines[0] ?? '').replace(/org_\w{26}/, 'org_00000000000000000000000000'))],
  ['another key', (lines) => lines.with(0, (lines[0] ?? '').replace(/"key":"[\w-]{4}/, '"key":"____'))],
  ['a missing end', (lines) => lines.slice(0, -1)],
  ['something behind the end', (lines) => [...lines, lines[1] ?? '']],
  ['a line that is none', (lines) => lines.toSpliced(2, 0, '{"type":"other"}')],
  ['nothing', () => []],
];
test.each(CHANGES)('%s is found', async (_, change) => {
  const person = await withEntries();
  const lines = (await exported(person)).trimEnd().split('\n');
  expect(await codeOf(`${lines.join('\n')}\n`)).toBe('valid');
  expect(await codeOf(`${change(lines).join('\n')}\n`)).toMatch(/^(malformed|signature|chain|identity)$/);
});

test('an entry that the database was made to forget, or whose row was changed, is missed in the export', async () => {
  const person = await withEntries();
  await exported(person);
  await enclave.forge(`delete from audit_entries where org_id = $1 and sequence = 2`, [person.org]);
  expect(await codeOf(await exported(person))).toBe('chain');
});

test('a part is signed as a whole and says that it is one; filters narrow by who, what, about what and when', async () => {
  const person = await withEntries();
  const text = await exported(person, { action: 'organization' });
  expect(await check(text, identityOf())).toMatchObject({ complete: false, entries: 7 });
  expect(await codeOf(text.replace('organization.renamed', 'organization.deleted'))).toBe('signature');
  const { client, user, org } = person;
  const list = async (query: object) => (await client.audit.list({ params: { org }, query: { limit: 100, ...query } })).items;
  const all = await list({});
  expect(all.map(({ actorId }) => actorId)).toContain(user);
  expect((await list({ target: user })).map(({ action }) => action)).toEqual(['account.created', 'member.joined']);
  expect(await list({ actor: 'visitor', action: 'organization.renamed' })).toEqual([]);
  const middle = all[3]?.at ?? '';
  const [before, after] = [await list({ to: middle }), await list({ from: middle })];
  expect(before.every(({ at }) => at < middle)).toBe(true);
  expect(after.every(({ at }) => at >= middle)).toBe(true);
  expect(before.length).toBeGreaterThan(0);
  await expect(list({ from: 'yesterday' })).rejects.toMatchObject({ code: 'bad_request', details: { field: 'from' } });
});

test('CEF has a line for each entry that says who, what and how it ended', async () => {
  const person = await withEntries(1);
  await person.client.organizations.get({ params: { org: 'org_00000000000000000000000000' } }).catch(() => undefined);
  const lines = (await exported(person, { format: 'cef' })).trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(line).toMatch(/^CEF:0\|PrivexBot\|PrivexBot\|1\|[\w.]+\|[\w.]+\|\d\|rt=\d+ externalId=\S+ suid=\S+ /);
  expect(lines.join('\n')).toContain(`suid=${person.user} suser=`);
});

async function shorten({ client, org }: Person, retentionDays: number): Promise<void> {
  await client.audit.changeSettings({ params: { org }, body: { retentionDays } });
}

test('what is older than it is kept goes; the rest stays provable, here and offline', async () => {
  const person = await withEntries(8);
  await enclave.context.db.checkpoint();
  await shorten(person, 30);
  expect(await dropOld(enclave.context, person.org)).toBe(0);
  enclave.advance(31 * DAY_MS);
  await person.client.auth.signIn({ body: person });
  await person.client.organizations.rename({ params: person, body: { name: 'After' } });
  await enclave.context.db.checkpoint();
  expect(await dropOld(enclave.context, person.org)).toBeGreaterThan(8);
  expect(await dropOld(enclave.context, person.org)).toBe(0);

  const report = await person.client.audit.verify({ params: person });
  expect(report).toMatchObject({ intact: true, dropped: { entries: expect.any(Number) } });
  const { items } = await person.client.audit.list({ params: person, query: { limit: 100 } });
  expect(items.map(({ action }) => action)).toContain('audit.dropped');
  expect(items.filter(({ action }) => action === 'organization.renamed')).toHaveLength(1);
  const text = await exported(person);
  expect(await check(text, identityOf())).toMatchObject({ complete: true, dropped: report.dropped });

  // And once more, and after that the chain still finds what is taken away.
  enclave.advance(31 * DAY_MS);
  await person.client.auth.signIn({ body: person });
  expect(await dropOld(enclave.context, person.org)).toBeGreaterThan(0);
  for (let i = 0; i < 3; i++) await person.client.organizations.rename({ params: person, body: { name: `Later ${i}` } });
  await enclave.context.db.checkpoint();
  const again = await person.client.audit.verify({ params: person });
  expect(again).toMatchObject({ intact: true });
  expect(again.dropped?.entries).toBeGreaterThan(report.dropped?.entries ?? 0);
  await enclave.forge(
    'delete from audit_entries where org_id = $1 and sequence = (select min(sequence) from audit_entries where org_id = $1)',
    [person.org],
  );
  expect(await person.client.audit.verify({ params: person })).toMatchObject({ intact: false });
  expect(await codeOf(await exported(person))).toBe('chain');
});

test('old entries that were changed from outside do not vanish as if they were merely old', async () => {
  const person = await withEntries(4);
  await shorten(person, 30);
  await enclave.forge(
    `update audit_entries set sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1) where org_id = $1 and sequence = 2`,
    [person.org],
  );
  enclave.advance(31 * DAY_MS);
  await expect(dropOld(enclave.context, person.org)).rejects.toMatchObject({ code: 'integrity_failed' });
});

test('nothing goes where nobody said so, and how long is between a month and ten years', async () => {
  const person = await withEntries(2);
  enclave.advance(400 * DAY_MS);
  expect(await dropOld(enclave.context, person.org)).toBe(0);
  await person.client.auth.signIn({ body: person });
  for (const retentionDays of [0, 29, 3_651, 30.5])
    await expect(shorten(person, retentionDays)).rejects.toMatchObject({ code: 'bad_request' });
  await shorten(person, 3_650);
  expect(await person.client.audit.settings({ params: person })).toEqual({ retentionDays: 3_650 });
});
