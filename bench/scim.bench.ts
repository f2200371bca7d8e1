import { createClient } from '@privexbot/sdk';
import { sealedTransport } from '@privexbot/testing/sealed.ts';
import { startNameServer } from '../apps/enclave/src/providers/dns/name-server.fixture.ts';
import { load, type Row, startServer, temporaryFolder } from './measure.ts';

const SECONDS = 8;
const AT_ONCE = 8;
const IN_BULK = 500;
const DOMAIN = 'directory.test';

/** How fast a directory can send its people: one by one, as most do, and in bulk. In plain, as directories in the cloud come. */
export async function run(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const names = stack.use(await startNameServer());
  const folder = stack.use(temporaryFolder());
  const server = stack.use(await startServer(`${folder.path}/data`, { PRIVEXBOT_DNS: names.address }));
  const client = createClient(sealedTransport(server.url));
  const made = await client.auth.signUp({ body: { email: 'admin@example.com', password: 'only for measuring 1' } });
  const org = made.organizations[0]?.id;
  if (!org) throw new Error('no organization');
  const { id, record } = await client.domains.add({ params: { org }, body: { name: DOMAIN } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain: id } });
  const settings = { issuer: 'https://directory.invalid', clientId: 'bench' };
  const { id: connection } = await client.sso.create({
    params: { org },
    body: { kind: 'oidc', name: 'Directory', settings, secrets: { clientSecret: 'only for measuring' } },
  });
  const { token } = await client.scim.createToken({ params: { org, connection }, body: { name: 'bench', plain: true } });

  const send = async (path: string, body: object, status: number): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
    const response = await fetch(`${server.url}/scim/v2${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (response.status !== status) throw new Error(`SCIM answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const single = await load(server.pid, AT_ONCE, SECONDS, (n) => send('/Users', person(`one-${n}`), 201));
  const Operations = Array.from({ length: IN_BULK }, (_, n) => ({
    method: 'POST',
    path: '/Users',
    bulkId: `${n}`,
    data: person(`bulk-${n}`),
  }));
  const started = performance.now();
  const { Operations: done } = await send('/Bulk', { Operations }, 200);
  const tookSeconds = (performance.now() - started) / 1_000;
  if (!Array.isArray(done) || done.some(({ status }: { status: string }) => status !== '201')) throw new Error('not all were made');
  return [
    { name: 'SCIM, people made one by one', value: single.perSecond, unit: '/s' },
    { name: 'SCIM, one person, processor', value: single.cpuMsEach, unit: 'CPU-ms' },
    { name: 'SCIM, people made in bulk', value: IN_BULK / tookSeconds, unit: '/s' },
  ];
}

function person(name: string) {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: `${name}@${DOMAIN}`,
    externalId: name,
    name: { givenName: 'Given', familyName: name },
    emails: [{ value: `${name}@${DOMAIN}`, type: 'work', primary: true }],
    active: true,
  };
}
