// What a token may no longer do, it does not do by what was sent before and acted on late.
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NameServer } from '../../providers/dns/name-server.fixture.ts';
import { type Body, connectDirectory, type Directory, startNames } from './directory.fixture.ts';
import { USER } from './schemas.ts';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const SECOND = 1_000;
/** Writes of the transaction that is under way may still count. */
const TOGETHER = 25;

let names: NameServer;
let enclave: Enclave;
beforeAll(async () => {
  names = await startNames();
  enclave = await startEnclave({ settings: { PRIVEXBOT_DNS: names.address } });
});
afterAll(async () => {
  await enclave[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

const person = ({ domain }: Directory, name: string) => ({ schemas: [USER], userName: `${name}@${domain}` });
const tokenId = ({ token }: Directory) => `sct_${token.split('_')[2]}` as never;
const at = ({ admin, connection }: Directory) => ({ params: { org: admin.org, connection } });

const ENDS: [string, (directory: Directory) => Promise<unknown>, number][] = [
  ['whose token is revoked', (d) => d.admin.client.scim.revokeToken({ params: { ...at(d).params, token: tokenId(d) } }), 401],
  ['whose connection is removed', (d) => d.admin.client.sso.remove(at(d)), 401],
  ['whose organization is suspended', (d) => d.admin.client.organizations.suspend({ params: d.admin }), 403],
];

async function people(directory: Directory): Promise<string[]> {
  const rows = await enclave.forge<{ user_id: string }>('select user_id from memberships where org_id = $1', [directory.admin.org]);
  return rows.map(({ user_id }) => user_id);
}

/** Whether what is kept of people belongs to connections that there are. */
async function kept({ connection }: Directory): Promise<boolean> {
  const [found] = await enclave.forge<{ n: number }>('select count(*)::int as n from connections where id = $1', [connection]);
  const rows = await enclave.forge(
    'select id from scim_users where connection_id = $1 union all select id from scim_log where connection_id = $1',
    [connection],
  );
  return found?.n === 1 || rows.length === 0;
}

test.each(ENDS)('a body that comes slowly, %s meanwhile, makes nobody', async (_, end, status) => {
  const directory = await connectDirectory(enclave, names);
  const text = new TextEncoder().encode(JSON.stringify(person(directory, 'slow')));
  const { promise: isEnded, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(text.slice(0, 10));
      await isEnded;
      controller.enqueue(text.slice(10));
      controller.close();
    },
  });
  const headers = { 'content-type': 'application/scim+json' };
  const request = new Request('http://127.0.0.1/scim/v2/Users', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
  const answer = enclave.transport(directory.token)(request);
  await new Promise((done) => setTimeout(done, 200));
  await end(directory);
  resolve();
  expect((await answer).status).toBe(status);
  expect(await people(directory)).toEqual([directory.admin.user]);
});

test.each(ENDS)('of a long bulk request, %s meanwhile, the rest is refused', async (_, end, status) => {
  const directory = await connectDirectory(enclave, names);
  const bulk = Array.from({ length: 150 }, (_, n) => ({
    method: 'POST',
    path: '/Users',
    bulkId: `b${n}`,
    data: person(directory, `one-${n}`),
  }));
  const sent = directory.ask('POST', '/Bulk', { schemas: [BULK], failOnErrors: 1_000, Operations: bulk });
  while ((await people(directory)).length < 3) await new Promise((done) => setTimeout(done, 20));
  await end(directory);
  const before = (await people(directory)).length;
  const { body } = await sent;
  const done = (body.Operations as Body[]).map((one) => one.status as string);
  expect(done.at(-1)).toBe(`${status}`);
  expect((await people(directory)).length).toBeLessThanOrEqual(before + TOGETHER);
  expect(await kept(directory)).toBe(true);
});

test.each(ENDS)(
  'of many that wait, %s meanwhile, none is made after that',
  async (_, end, status) => {
    const directory = await connectDirectory(enclave, names);
    const sent = Array.from({ length: 200 }, (_, n) => directory.ask('POST', '/Users', person(directory, `one-${n}`)));
    while ((await people(directory)).length < 3) await new Promise((done) => setTimeout(done, 20));
    await end(directory);
    const before = (await people(directory)).length;
    const statuses = (await Promise.all(sent)).map((one) => one.status);
    expect(new Set(statuses)).toEqual(new Set([201, status]));
    expect((await people(directory)).length).toBeLessThanOrEqual(before + TOGETHER);
    expect(await kept(directory)).toBe(true);
  },
  60 * SECOND,
);
