// A client from outside meets the running environment: what it says of itself, whose it is, and what the channel carries.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anchorsFromPem, type EnvironmentVerdict, type TrustAnchor, verifyEnvironment } from '@privexbot/attestation';
import { type Channel, type ConnectOptions, connect, type Peer } from '@privexbot/secure-channel';
import { makeKnowledge, publishBot } from '@privexbot/testing/desk.ts';
import { type Enclave, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIndependently } from '../../../../../packages/secure-channel/src/independent-client.fixture.ts';
import { SIMULATION_FOLDER } from '../../providers/tee/index.ts';
import { originsOf } from './environment.ts';
import { evidenceReportData } from './evidence-route.ts';

let enclave: Enclave;
let url: string;
let anchors: readonly TrustAnchor[];
beforeAll(async () => {
  enclave = await startEnclave();
  url = await enclave.listen();
  anchors = anchorsFromPem(await readFile(join(SIMULATION_FOLDER, 'root.pem'), 'utf8'), { isSimulation: true });
});
afterAll(() => enclave[Symbol.asyncDispose]());

async function judge(evidence: Uint8Array, reportData: Uint8Array, peer: Peer): Promise<EnvironmentVerdict> {
  const options = { at: enclave.context.now().getTime(), anchors, allowSimulated: true, logs: [] };
  return (await verifyEnvironment({ evidence, reportData, peer, origin: url }, options)).verdict;
}

function open(options: Partial<ConnectOptions<EnvironmentVerdict>> = {}): Promise<Channel<EnvironmentVerdict>> {
  return connect({ url: `${url}/channel`, verify: judge, now: enclave.context.now, ...options });
}

test('a client verifies the environment as simulated, first use, and speaks to the app through the channel alone', async () => {
  using channel = await open();
  expect(channel.proof.checks.filter(({ status }) => status !== 'passed').map(({ id, status }) => `${id} ${status}`)).toEqual([
    'chain warned',
    'identity warned',
    'release-log warned',
    'simulation warned',
  ]);
  expect(channel.proof).toMatchObject({ verdict: 'simulated', tee: 'tdx', release: { name: 'PrivexBot', signerTrust: 'named' } });
  const response = await channel.fetch(new Request(`${url}/v1/auth/options`));
  expect(await response.json()).toMatchObject({ signUpOpen: true });
});

test('a second visit that remembers the identity warns of nothing but that it is simulated', async () => {
  using first = await open();
  const { identityKey } = first.peer;
  using second = await open({
    identityKey,
    verify: async (evidence, reportData, peer) => {
      const options = { at: Date.now(), anchors, allowSimulated: true, logs: [], pins: { identityKey } };
      return (await verifyEnvironment({ evidence, reportData, peer, origin: url }, options)).verdict;
    },
  });
  expect(second.proof.checks.filter(({ status }) => status === 'warned').map(({ id }) => id)).toEqual(['chain', 'simulation']);
});

test('vendor roots alone do not accept the simulation', async () => {
  using channel = await open({
    verify: async (evidence, reportData, peer) => {
      const options = { at: Date.now(), anchors: [], allowSimulated: true, logs: [] };
      return (await verifyEnvironment({ evidence, reportData, peer, origin: url }, options)).verdict;
    },
  });
  expect(channel.proof.verdict).toBe('not-verified');
});

test('another identity and another address are refused before anything is sent', async () => {
  await expect(open({ identityKey: randomBytes(32) })).rejects.toMatchObject({ code: 'identity_mismatch' });
  await expect(open({ origin: 'https://elsewhere.example' })).rejects.toMatchObject({ code: 'origin_mismatch' });
});

test('a session is resumed without new evidence', async () => {
  using first = await open();
  const resume = first.resumption();
  if (!resume) throw new Error('no ticket');
  using second = await open({ resume, verify: () => Promise.reject(new Error('no evidence is needed')) });
  expect((await second.fetch(new Request(`${url}/v1/auth/options`))).status).toBe(200);
});

test('the evidence endpoint binds a nonce under a label of its own, and serves the vendor’s collateral', async () => {
  const nonce = new Uint8Array(randomBytes(32));
  const response = await fetch(`${url}/.well-known/privexbot/evidence?nonce=${Buffer.from(nonce).toString('base64url')}`);
  const body = (await response.json()) as Record<string, string>;
  const bytes = (name: string) => new Uint8Array(Buffer.from(body[name] ?? '', 'base64url'));
  const stated = ['identityKey', 'keyConfig', 'release', 'launchManifest'].map(bytes);
  const reportData = evidenceReportData(nonce, stated);
  expect(bytes('reportData')).toEqual(reportData);
  const peer = {
    identityKey: bytes('identityKey'),
    keyConfig: JSON.parse(Buffer.from(bytes('keyConfig')).toString()),
    release: bytes('release'),
    launchManifest: bytes('launchManifest'),
    nonce,
  };
  expect(await judge(bytes('evidence'), reportData, peer)).toMatchObject({ verdict: 'simulated' });
  const another = evidenceReportData(new Uint8Array(randomBytes(32)), stated);
  expect((await judge(bytes('evidence'), another, peer)).checks.find(({ status }) => status === 'failed')?.id).toBe('report-data');
});

test.each(['', 'abc', '%%%', 'A'.repeat(44), `${'A'.repeat(42)}B`])(
  'the evidence endpoint refuses the nonce %j and says what it wants',
  async (nonce) => {
    const response = await fetch(`${url}/.well-known/privexbot/evidence?nonce=${encodeURIComponent(nonce)}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('32 random bytes');
  },
);

test('a caller that goes away ends what it asked for', async () => {
  using channel = await open();
  const leaving = new AbortController();
  const asked = channel.fetch(new Request(`${url}/v1/auth/options`, { signal: leaving.signal }));
  leaving.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect((await channel.fetch(new Request(`${url}/v1/auth/options`))).status).toBe(200);
});

test.each([
  [{ host: '127.0.0.1', publicUrl: undefined }, ['http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080']],
  [{ host: '::', publicUrl: undefined }, ['http://[::]:8080']],
  [{ host: '::', publicUrl: 'https://AI.example:443' }, ['https://ai.example']],
])('an environment at %o speaks for %j', (config, origins) => {
  expect(originsOf(config, 8080)).toEqual(origins);
});

test('a client written from the specification alone chats with a bot of the running environment', async () => {
  const person = await enclave.signUp();
  const { knowledge } = await makeKnowledge(person, { Leave: 'Every employee earns thirty days of annual leave in a year.' });
  const { slug } = await publishBot(person, { knowledgeBases: [knowledge] }, 'page');
  const session = await openIndependently(url, async (body, contentType) => {
    const init = { method: 'POST', headers: { 'content-type': contentType }, body: new Uint8Array(body) };
    return Buffer.from(await (await fetch(`${url}/channel`, init)).arrayBuffer());
  });
  // A TDX quote, version 4: report_data stands behind 48 bytes of header and 520 of the body.
  const quote = Buffer.from(JSON.parse(session.evidence.toString()).quote, 'base64url');
  expect(quote.subarray(568, 632)).toEqual(session.reportData);
  const json: [string, string] = ['content-type', 'application/json'];
  const started = await session.request('POST', `/v1/public/${slug}/conversations`, [], '');
  const { conversation, token } = JSON.parse(started.body.toString());
  const asked = await session.request(
    'POST',
    `/v1/public/${slug}/conversations/${conversation}/messages`,
    [json, ['authorization', `Bearer ${token}`]],
    JSON.stringify({ question: 'How many days of annual leave do I earn?' }),
  );
  expect(asked.body.toString()).toContain('thirty days of annual leave');
  expect(asked.body.toString()).toContain('"type":"done"');
});
