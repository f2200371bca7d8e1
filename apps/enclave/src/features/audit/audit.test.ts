import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

/** A person whose organization has entries in a chain of at least `count`, under several checkpoints. */
async function withEntries(count = 6): Promise<Person & { writer: string }> {
  const person = await enclave.signUp();
  for (let i = 0; i < count; i++) {
    await person.client.organizations.rename({ params: person, body: { name: `Name ${i}` } });
    if (i % 2) await enclave.context.db.checkpoint();
  }
  await enclave.context.db.checkpoint();
  const [row] = await enclave.forge<{ writer: string }>(
    'select writer from audit_entries where org_id = $1 group by writer order by count(*) desc limit 1',
    [person.org],
  );
  return { ...person, writer: row?.writer ?? '' };
}

const verify = ({ client, org }: Person) => client.audit.verify({ params: { org } });

test('the log tells who did what, newest first, in pages and by action', async () => {
  const person = await withEntries(5);
  const { client, email, org } = person;
  const first = await client.audit.list({ params: { org }, query: { limit: 4 } });
  expect(first.items.map(({ action }) => action)).toEqual(['audit.read', ...Array(3).fill('organization.renamed')]);
  expect(first.items[1]).toMatchObject({ actor: expect.stringContaining(email), target: org, facts: {} });

  const actions = first.items.map(({ action }) => action);
  for (let cursor = first.next; cursor; ) {
    const page = await client.audit.list({ params: { org }, query: { limit: 2, cursor } });
    actions.push(...page.items.map(({ action }) => action));
    cursor = page.next;
  }
  expect(actions.filter((action) => action === 'organization.renamed')).toHaveLength(5);
  expect(actions.slice(-2).sort()).toEqual(['member.joined', 'organization.created']);

  const renamed = await client.audit.list({ params: { org }, query: { action: 'organization.renamed', limit: 3 } });
  const rest = await client.audit.list({ params: { org }, query: { action: 'organization', limit: 100, cursor: renamed.next } });
  expect([renamed.items.length, rest.items.length, rest.next]).toEqual([3, 3, undefined]);
  await expect(client.audit.list({ params: { org }, query: { cursor: 'nonsense' } })).rejects.toMatchObject({ code: 'bad_request' });
});

test('an untouched log is intact', async () => {
  const person = await withEntries();
  const report = await verify(person);
  expect(report).toMatchObject({ intact: true, entries: 10 });
  expect(report.problem).toBeUndefined();
  expect(report.checkpoints).toBeGreaterThanOrEqual(3);
});

const TAMPERINGS: Record<string, { sql: string; problem: { sequence?: number; what?: string; writer?: string } }> = {
  'an entry that was changed': {
    sql: `update audit_entries set sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1) where org_id = $1 and writer = $2 and sequence = 3`,
    problem: { sequence: 3, what: 'the entry is not the one that was written here' },
  },
  'an entry whose time was changed': {
    sql: `update audit_entries set at = at + interval '1 hour' where org_id = $1 and writer = $2 and sequence = 3`,
    problem: { sequence: 3 },
  },
  'an entry that was removed': {
    sql: 'delete from audit_entries where org_id = $1 and writer = $2 and sequence = 3',
    problem: { sequence: 3, what: 'the entry is missing' },
  },
  'a first entry that was removed': {
    sql: 'delete from audit_entries where org_id = $1 and writer = $2 and sequence = 1',
    problem: { sequence: 1, what: 'the entry is missing' },
  },
  'entries in another order': {
    sql: `update audit_entries set sequence = case sequence when 3 then -4 else -3 end where org_id = $1 and writer = $2 and sequence in (3, 4);
          update audit_entries set sequence = -sequence where sequence < 0`,
    problem: { sequence: 3, what: 'the entry is not the one that was written here' },
  },
  'an entry that was inserted': {
    sql: `insert into audit_entries select org_id, 'ffffffffffff-1', 1, at, sealed, mac from audit_entries where org_id = $1 and writer = $2 and sequence = 1`,
    problem: { writer: 'ffffffffffff-1', sequence: 1 },
  },
  'a missing end': {
    sql: 'delete from audit_entries where org_id = $1 and writer = $2 and sequence > 4',
    problem: { what: 'the end of the chain is missing' },
  },
  'a whole chain that is missing': {
    sql: 'delete from audit_entries where org_id = $1 and writer = $2',
    problem: { what: 'the end of the chain is missing' },
  },
  'a checkpoint that was changed': {
    sql: `update audit_checkpoints set at = at + interval '1 hour' where org_id = $1 and $2 <> '' and id = (select min(id) from audit_checkpoints where org_id = $1)`,
    problem: { writer: 'checkpoint', sequence: 1, what: 'the signature is wrong' },
  },
  'a checkpoint that was removed': {
    sql: `delete from audit_checkpoints where org_id = $1 and $2 <> '' and id = (select min(id) from audit_checkpoints where org_id = $1)`,
    problem: { writer: 'checkpoint', sequence: 1, what: 'the checkpoint before it is missing' },
  },
  'a last checkpoint that was removed': {
    sql: `delete from audit_checkpoints where org_id = $1 and $2 <> '' and id = (select max(id) from audit_checkpoints where org_id = $1)`,
    problem: { writer: 'checkpoint', what: 'the checkpoints after it are missing' },
  },
};

test.each(Object.entries(TAMPERINGS))('%s is found', async (_, { sql, problem }) => {
  const person = await withEntries();
  for (const statement of sql.split(';')) await enclave.forge(statement, statement.includes('$1') ? [person.org, person.writer] : []);
  const report = await verify(person);
  expect(report.intact).toBe(false);
  expect(report.problem).toMatchObject(problem);
});

test('a changed entry hides no others from the Admin', async () => {
  const person = await withEntries();
  const { sql } = TAMPERINGS['an entry that was changed'] ?? { sql: '' };
  await enclave.forge(sql, [person.org, person.writer]);
  const { items } = await person.client.audit.list({ params: person });
  expect(items.filter(({ action }) => action === 'organization.renamed')).toHaveLength(6);
  expect(items).toContainEqual(expect.objectContaining({ action: 'refused.integrity_failed', writer: person.writer, sequence: 3 }));
});

test('two hundred changes at once leave a log that is whole and tells each', async () => {
  const { client, org } = await enclave.signUp();
  const names = Array.from({ length: 200 }, (_, i) => `Workspace ${i}`);
  await Promise.all(names.map((name) => client.organizations.createWorkspace({ params: { org }, body: { name } })));
  const report = await client.audit.verify({ params: { org } });
  expect(report).toMatchObject({ intact: true, entries: 204 });
  expect(report.writers).toBeGreaterThan(1);
});

test('a change that is rolled back leaves no entry, and the log stays whole', async () => {
  const { client, org } = await enclave.signUp();
  const { db } = enclave.context;
  const failing = db.transaction(org, 'system', async (tx) => {
    tx.audit('organization.renamed', org);
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  const broken = db.transaction(org, 'system', async (tx) => {
    tx.audit('organization.renamed', org);
    await tx.run('select 1/0').catch(() => undefined);
  });
  await expect(broken).rejects.toThrow();
  await client.organizations.rename({ params: { org }, body: { name: 'After' } });
  expect(await client.audit.verify({ params: { org } })).toMatchObject({ intact: true, entries: 5 });
});
