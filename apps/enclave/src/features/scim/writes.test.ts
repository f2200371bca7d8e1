import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NameServer } from '../../providers/dns/name-server.fixture.ts';
import { type Body, connectDirectory, type Directory, startNames } from './directory.fixture.ts';
import { USER } from './schemas.ts';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

let names: NameServer;
let enclave: Enclave;
let directory: Directory;
beforeAll(async () => {
  names = await startNames();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address } });
  directory = await connectDirectory(enclave, names);
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

const person = (name: string, more: object = {}) => ({ schemas: [USER], userName: `${name}@${directory.domain}`, ...more });
const namesOf = async () => {
  const { body } = await directory.ask('GET', '/Users?count=500');
  return (body.Resources as { userName: string }[]).map(({ userName }) => userName.split('@')[0] ?? '');
};

test('of people that are sent at once each has an answer of its own, and who is refused takes nobody along', async () => {
  const sent = Array.from({ length: 60 }, (_, n) => (n % 10 === 9 ? 'twin' : `one-${n}`));
  const answers = await Promise.all(sent.map((name) => directory.ask('POST', '/Users', person(name))));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 409)).toHaveLength(5);
  expect(statuses.filter((status) => status === 201)).toHaveLength(55);
  for (const [n, { status, body }] of answers.entries()) if (status === 201) expect(body.userName).toBe(`${sent[n]}@${directory.domain}`);
  expect((await namesOf()).sort()).toEqual([...new Set(sent)].sort());
  const { admin } = directory;
  expect((await admin.client.audit.verify({ params: { org: admin.org } })).intact).toBe(true);
  const { items } = await admin.client.audit.list({ params: { org: admin.org }, query: { action: 'scim.refused' } });
  expect(items).toHaveLength(5);
});

test('changes that come at once all count, and a version that one of them took is refused to the others', async () => {
  const { body } = await directory.ask('POST', '/Users', person('many'));
  const path = `/Users/${body.id as string}`;
  const version = (body.meta as { version: string }).version;
  const change = (displayName: string, headers?: Record<string, string>) =>
    directory.ask('PUT', path, person('many', { displayName }), headers);
  const guarded = await Promise.all(['a', 'b', 'c'].map((name) => change(name, { 'if-match': version })));
  expect(guarded.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  const free = await Promise.all(['d', 'e', 'f'].map((name) => change(name)));
  expect(free.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('a bulk request with somebody twice makes everybody else, and answers in order', async () => {
  const bulk = ['x', 'y', 'x', 'z'].map((name, n) => ({ method: 'POST', path: '/Users', bulkId: `b${n}`, data: person(`bulk-${name}`) }));
  const { status, body } = await directory.ask('POST', '/Bulk', { schemas: [BULK], Operations: bulk });
  expect(status).toBe(200);
  const done = body.Operations as Body[];
  expect(done.map((one) => [one.bulkId, one.status])).toEqual([
    ['b0', '201'],
    ['b1', '201'],
    ['b2', '409'],
    ['b3', '201'],
  ]);
  expect((await namesOf()).filter((name) => name.startsWith('bulk-')).sort()).toEqual(['bulk-x', 'bulk-y', 'bulk-z']);
});
