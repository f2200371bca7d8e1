import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { syslogMessage } from './syslog.ts';

interface Received {
  readonly signature: string;
  readonly body: string;
}

let enclave: Enclave;
let certificate: string;
let folder: string;
/** What the collector answers, and what it got. */
const collector = { status: 200, location: '', received: [] as Received[] };
const syslogLines: Record<'tcp' | 'tls', string> = { tcp: '', tls: '' };
const stack = new AsyncDisposableStack();
const ports = { webhook: 0, tcp: 0, tls: 0 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'privexbot-syslog-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  ];
  execFileSync('openssl', [...request, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'pipe' });
  certificate = readFileSync(cert, 'utf8');
  const take = (kind: 'tcp' | 'tls') => (socket: Socket) => {
    socket.on('data', (chunk: Uint8Array) => {
      syslogLines[kind] += Buffer.from(chunk).toString();
    });
    socket.on('error', () => undefined);
  };
  const http = createServer(async (incoming: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    if (collector.status === 200) collector.received.push({ signature: String(incoming.headers['privexbot-signature']), body });
    response.writeHead(collector.status, collector.location ? { location: collector.location } : {}).end();
  });
  const servers = {
    webhook: http,
    tcp: createTcpServer(take('tcp')),
    tls: createTlsServer({ key: readFileSync(key), cert: certificate }, take('tls')),
  };
  for (const [kind, server] of Object.entries(servers)) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports[kind as keyof typeof ports] = (server.address() as AddressInfo).port;
    stack.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  }
  const hosts = [`127.0.0.1:${ports.webhook}`, `127.0.0.1:${ports.tcp}`, `localhost:${ports.tls}`];
  enclave = await startEnclave({ settings: { PRIVEXBOT_PRIVATE_HOSTS: hosts.join(',') } });
  stack.use(enclave);
});
afterAll(() => stack.disposeAsync());

const addWebhook = ({ client, org }: Person) =>
  client.audit.addSink({ params: { org }, body: { kind: 'webhook', name: 'SIEM', url: `http://127.0.0.1:${ports.webhook}/secret-path` } });
const rename = ({ client, org }: Person, name = 'Renamed') => client.organizations.rename({ params: { org }, body: { name } });
const sinksOf = ({ client, org }: Person) => client.audit.sinks({ params: { org } });
const actionsOf = (org: string) =>
  collector.received
    .map(({ body }) => JSON.parse(body) as { organization: string; entries: { action: string; id: string }[] })
    .filter(({ organization }) => organization === org)
    .flatMap(({ entries }) => entries);

test('a webhook gets every entry once it is there, in order, signed', async () => {
  const person = await enclave.signUp();
  const { secret = '', ...sink } = await addWebhook(person);
  expect(sink).toMatchObject({ kind: 'webhook', destination: `127.0.0.1:${ports.webhook}`, tls: false, delivered: 0 });
  for (let i = 0; i < 5; i++) await rename(person, `Secret name ${i}`);
  await expect
    .poll(() => actionsOf(person.org).map(({ action }) => action), { timeout: 20_000 })
    .toEqual(['sink.added', ...Array(5).fill('organization.renamed')]);
  const [got] = collector.received.filter(({ body }) => body.includes(person.org));
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(got?.signature ?? '') ?? [];
  expect(createHmac('sha256', secret).update(`${seconds}.${got?.body}`).digest('hex')).toBe(mac);
  expect(got?.body).not.toContain('Secret name');
  await expect.poll(async () => (await sinksOf(person))[0]?.delivered, { timeout: 10_000 }).toBeGreaterThanOrEqual(6);
  expect(JSON.stringify(await sinksOf(person))).not.toContain('secret-path');
  expect(JSON.stringify(await sinksOf(person))).not.toContain(secret);
});

test('what could not be delivered is tried again, and nothing is left out or out of order', async () => {
  const person = await enclave.signUp();
  collector.status = 500;
  await addWebhook(person);
  await rename(person);
  await expect
    .poll(async () => (await sinksOf(person))[0], { timeout: 20_000 })
    .toMatchObject({ failure: 'refused', failingSince: expect.any(String) });
  await rename(person);
  collector.status = 200;
  enclave.advance(60_000);
  await expect.poll(() => actionsOf(person.org).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
  const ids = actionsOf(person.org).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  await expect.poll(async () => (await sinksOf(person))[0]?.failure, { timeout: 10_000 }).toBeUndefined();
});

test.each(['tcp', 'tls'] as const)('syslog by %s gets framed messages', async (kind) => {
  const person = await enclave.signUp();
  const host = kind === 'tls' ? 'localhost' : '127.0.0.1';
  const body = {
    kind: 'syslog',
    name: 'Collector',
    host,
    port: ports[kind],
    tls: kind === 'tls',
    format: kind === 'tls' ? 'cef' : 'jsonl',
  } as const;
  const sink = await person.client.audit.addSink({ params: person, body: { ...body, ...(kind === 'tls' ? { ca: certificate } : {}) } });
  expect(await person.client.audit.testSink({ params: { org: person.org, sink: sink.id } })).toEqual({ ok: true });
  await rename(person);
  await expect.poll(() => syslogLines[kind], { timeout: 20_000 }).toContain('organization.renamed');
  for (let rest = syslogLines[kind]; rest; ) {
    const [head = '', length] = /^(\d+) /.exec(rest) ?? [];
    const message = Buffer.from(rest.slice(head.length)).subarray(0, Number(length)).toString();
    expect(message).toMatch(
      /^<10[89]>1 \d{4}-\d\d-\d\dT[\d:.]+Z - privexbot - [\w.]+ \[privexbot@32473 organization="org_\w+" action="[\w.]+"\] \uFEFF(\{.*\}|CEF:0.*)$/,
    );
    rest = Buffer.from(rest.slice(head.length)).subarray(Number(length)).toString();
  }
});

test('a certificate that nobody vouches for gets nothing', async () => {
  const person = await enclave.signUp();
  const body = { kind: 'syslog', name: 'Collector', host: 'localhost', port: ports.tls, tls: true, format: 'jsonl' } as const;
  const sink = await person.client.audit.addSink({ params: person, body });
  expect(await person.client.audit.testSink({ params: { org: person.org, sink: sink.id } })).toEqual({ ok: false, failure: 'tls' });
});

test.each([
  [{ kind: 'webhook', name: 'x', url: 'http://192.168.7.7/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'https://169.254.169.254/latest' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'http://203.0.113.9/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'http://93.184.216.34/' }, 'bad_request'],
  [{ kind: 'webhook', name: 'x', url: 'https://user:pass@93.184.216.34/' }, 'bad_request'],
  [{ kind: 'webhook', name: 'x', url: 'https://[::ffff:127.0.0.1]/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'https://[::1]/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'https://[fd00:ec2::254]/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'https://2130706433/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'https://0x7f.1/' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'https://127.0.0.1./' }, 'private_address'],
  [{ kind: 'webhook', name: 'x', url: 'file:///etc/passwd' }, 'bad_request'],
  [{ kind: 'syslog', name: 'x', host: '10.0.0.1', port: 514, tls: true, format: 'cef' }, 'private_address'],
  [{ kind: 'syslog', name: 'x', host: '::1', port: 514, tls: true, format: 'cef' }, 'private_address'],
  [{ kind: 'syslog', name: 'x', host: '::ffff:169.254.169.254', port: 80, tls: true, format: 'cef' }, 'private_address'],
  [{ kind: 'syslog', name: 'x', host: '127.1', port: 514, tls: true, format: 'cef' }, 'private_address'],
  [{ kind: 'syslog', name: 'x', host: '2130706433', port: 514, tls: true, format: 'cef' }, 'private_address'],
  [{ kind: 'syslog', name: 'x', host: 'user@logs.example', port: 514, tls: true, format: 'cef' }, 'bad_request'],
  [{ kind: 'syslog', name: 'x', host: 'logs.example/path', port: 514, tls: true, format: 'cef' }, 'bad_request'],
  [{ kind: 'syslog', name: 'x', host: '93.184.216.34', port: 514, tls: false, format: 'cef' }, 'bad_request'],
  [{ kind: 'syslog', name: 'x', host: '93.184.216.34', port: 514, tls: true, ca: 'no certificate', format: 'cef' }, 'bad_request'],
] as const)('%j is refused', async (body, code) => {
  const person = await enclave.signUp();
  await expect(person.client.audit.addSink({ params: person, body })).rejects.toMatchObject({ code });
  expect(await sinksOf(person)).toEqual([]);
});

test('a redirect leads an entry nowhere, not to a host that is allowed either', async () => {
  const person = await enclave.signUp();
  const { id } = await addWebhook(person);
  collector.status = 307;
  collector.location = `http://127.0.0.1:${ports.webhook}/elsewhere`;
  const before = collector.received.length;
  expect(await person.client.audit.testSink({ params: { org: person.org, sink: id } })).toMatchObject({ ok: false });
  collector.status = 200;
  collector.location = '';
  expect(collector.received.slice(before).filter(({ body }) => body.includes('sink.tested'))).toEqual([]);
});

test('a removed sink gets nothing more, and one that was put back from outside gets nothing either', async () => {
  const person = await enclave.signUp();
  const { id } = await addWebhook(person);
  await expect.poll(() => actionsOf(person.org).length, { timeout: 20_000 }).toBeGreaterThan(0);
  await enclave.forge('create table kept_sinks as select * from audit_sinks where id = $1', [id]);
  await enclave.forge('create table kept_states as select * from audit_sink_states where id = $1', [id]);
  await person.client.audit.removeSink({ params: { org: person.org, sink: id } });
  await enclave.forge('insert into audit_sinks select * from kept_sinks');
  await enclave.forge('insert into audit_sink_states select * from kept_states');
  const before = actionsOf(person.org).length;
  await rename(person);
  enclave.advance(120_000);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(actionsOf(person.org)).toHaveLength(before);
});

test('what an action or an id could hold ends no field of a message', () => {
  const message = { at: new Date(0), action: 'a"]\\ \n', value: { x: '\n' }, cef: '' };
  expect(syslogMessage('org_"]', message, 'jsonl')).toBe(
    '<109>1 1970-01-01T00:00:00.000Z - privexbot - a"]\\ [privexbot@32473 organization="org_\\"\\]" action="a\\"\\]\\\\ \n"] \uFEFF{"x":"\\n"}',
  );
});
