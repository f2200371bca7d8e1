import { createClient } from '@privexbot/sdk';
import { sealedTransport } from '@privexbot/testing/sealed.ts';
import { load, type Row, startServer, temporaryFolder } from './measure.ts';

const PASSWORD = 'only for measuring 1';
const SECONDS = 8;
/** As many as the server hashes at once. */
const SIGNING_IN = 2;
const ASKING = 32;
/** Rates are limited per person. */
const PEOPLE = 64;

/** What a sign-in costs besides hashing the password, and what a request costs with and without rights and a row: all through the sealed channel. */
export async function run(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const server = stack.use(await startServer(`${folder.path}/data`, { PRIVEXBOT_PROXIES: '127.0.0.1' }));
  // Each message as from a network address of its own: one address may sign in a few times a minute only.
  let messages = 0;
  const from = () => `10.${(++messages >> 16) & 255}.${(messages >> 8) & 255}.${messages & 255}`;
  const carry = (request: Request) => {
    request.headers.set('x-forwarded-for', from());
    return fetch(request);
  };
  const connect = () => createClient(sealedTransport(server.url, undefined, { transport: carry }));
  const account = async (n: number) => {
    const client = connect();
    const email = `bench-${n}@example.com`;
    const made = await client.auth.signUp({ body: { email, password: PASSWORD } });
    const org = made.organizations[0]?.id;
    if (!org) throw new Error('no organization');
    return { client, email, org };
  };
  const people: Awaited<ReturnType<typeof account>>[] = [];
  for (let n = 0; n < PEOPLE; n++) people.push(await account(n));
  const person = (n: number) => {
    const one = people[n % people.length];
    if (!one) throw new Error('nobody');
    return one;
  };

  const signIn = await load(server.pid, SIGNING_IN, SECONDS, (n) => {
    const { client, email } = person(n);
    return client.auth.signIn({ body: { email, password: PASSWORD } });
  });
  const withRights = await load(server.pid, ASKING, SECONDS, (n) => person(n).client.organizations.get({ params: { org: person(n).org } }));
  const without = await load(server.pid, ASKING, SECONDS, (n) => person(n).client.auth.tokenKeys());
  return [
    { name: 'sign-in by password, processor', value: signIn.cpuMsEach, unit: 'CPU-ms' },
    { name: 'sign-in by password, p50', value: signIn.p50Ms, unit: 'ms' },
    // The same work costs half as much again when both processors do it, so it is measured where it happens.
    { name: 'argon2id of one password, processor', value: signIn.workersCpuMsEach, unit: 'CPU-ms' },
    { name: 'sign-in besides argon2id, processor', value: signIn.cpuMsEach - signIn.workersCpuMsEach, unit: 'CPU-ms' },
    { name: 'sealed request that reads a row of an organization, processor', value: withRights.cpuMsEach, unit: 'CPU-ms' },
    { name: 'sealed request that reads none, processor', value: without.cpuMsEach, unit: 'CPU-ms' },
  ];
}
