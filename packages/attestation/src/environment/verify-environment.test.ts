import { expect, test } from 'vitest';
import { toBase64url } from '../bytes.ts';
import { CHECKS, type Check } from '../checks.ts';
import { encodeReleaseStatement } from '../release/release-statement.ts';
import { appendRelease, createSigningKey, signCheckpoint, signerOf, stateRelease } from '../release/write-log.ts';
import {
  AT,
  BUILDS,
  createTestEnvironment,
  createTestLog,
  DAY,
  type EnvironmentContent,
  entriesOf,
  entryOf,
  MANIFEST,
  stateLast,
  type TestEnvironment,
} from '../testing/environment.ts';
import type { LaunchManifest } from './launch-manifest.ts';
import { LIMITS } from './limits.ts';
import type { Remembered } from './verdict.ts';
import { type EnvironmentOptions, type EnvironmentPeer, verifyEnvironment } from './verify-environment.ts';

const TEES = ['tdx', 'sgx', 'sev-snp', 'nitro'] as const;
const IDENTITY = new Uint8Array(32).fill(0x1d);
const pinned = { pins: { identityKey: IDENTITY } };
const log = await createTestLog();
const usual = await createTestEnvironment({ log });

interface Changes {
  readonly environment?: TestEnvironment;
  readonly peer?: Partial<EnvironmentPeer>;
  readonly evidence?: Uint8Array;
  readonly origin?: string;
  readonly options?: Partial<EnvironmentOptions>;
}

/** The usual environment, pinned, but for what is named. */
async function verify({ environment = usual, peer = {}, options = {}, ...input }: Changes = {}) {
  const whole = { ...environment.input, ...input, peer: { ...environment.input.peer, ...peer } };
  return verifyEnvironment(whole, { ...environment.options, ...pinned, ...options });
}

async function made(content: Partial<EnvironmentContent>, options: Partial<EnvironmentOptions> = {}) {
  return verify({ environment: await createTestEnvironment({ log, ...content }), options });
}

function notPassed(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(checks.filter(({ status }) => status !== 'passed').map(({ id, status }) => [id, status]));
}

/** Refused by these checks: nothing may be sent, and nothing is remembered of it. */
function expectRefused(
  { verdict, proof, remember }: Awaited<ReturnType<typeof verify>>,
  checks: Record<string, string>,
  before: Remembered = {},
) {
  expect(notPassed(verdict.checks)).toEqual(checks);
  expect(verdict.verdict).toBe('not-verified');
  expect(proof).toBeUndefined();
  expect(remember).toEqual(before);
}

test.each(TEES)('%s: a pinned environment that runs a published release is verified', async (tee) => {
  const { verdict, proof, remember } = await made({ tee });
  expect(notPassed(verdict.checks)).toEqual({});
  expect(verdict.verdict).toBe('verified');
  expect(proof?.verdict).toBe(verdict);
  expect(proof?.release).toEqual(entryOf(3));
  expect(remember).toMatchObject({ identityKey: toBase64url(IDENTITY), wasVerified: true, sequence: 3, logSize: 3 });
  expect(structuredClone(verdict)).toEqual(verdict);
  expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  expect(verdict).toMatchObject({
    tee,
    checkedAt: AT.toISOString(),
    validUntil: new Date(AT.getTime() + DAY / 24).toISOString(),
    environment: { id: 'env_acme', isFirstUse: false, identityFingerprint: expect.stringMatching(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/) },
    release: { name: 'privexbot', version: '1.3.0', signer: 'releases.example/privexbot', signerTrust: 'named', logIndex: 2, logSize: 3 },
    models: MANIFEST.models,
  });
});

test('every check beyond those of the evidence is looked at, and each limit is a known one', async () => {
  const { verdict } = await verify();
  const ids = Object.keys(CHECKS);
  expect(verdict.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(ids.slice(ids.indexOf('identity'))));
  expect(verdict.checks.map(({ id }) => ids.indexOf(id))).toEqual(verdict.checks.map(({ id }) => ids.indexOf(id)).sort((a, b) => a - b));
  expect(verdict.limits.length).toBeGreaterThan(0);
  for (const id of verdict.limits) expect(LIMITS).toHaveProperty(id);
});

test('on a first visit the identity and the log that it names are warnings; on the next they are known', async () => {
  const first = await verify({ options: { pins: {} } });
  expect(notPassed(first.verdict.checks)).toEqual({ identity: 'warned', 'release-log': 'warned' });
  expect(first.verdict).toMatchObject({ verdict: 'verified-with-warnings', environment: { isFirstUse: true } });
  expect(first.verdict.limits).toContain('first-use');
  expect(first.proof).toBeDefined();
  const remembered: Remembered = JSON.parse(JSON.stringify(first.remember));
  const second = await verify({ options: { pins: {}, remembered } });
  expect(notPassed(second.verdict.checks)).toEqual({});
  expect(second.verdict).toMatchObject({ verdict: 'verified', environment: { isFirstUse: false } });
  expect(second.remember).toEqual(first.remember);
});

test('other settings than at the last visit are told once, and the settings are shown', async () => {
  const { remember, verdict } = await verify();
  expect(verdict.settings).toEqual(MANIFEST.settings);
  const manifest = { ...MANIFEST, settings: { ...MANIFEST.settings, PRIVEXBOT_MODEL_URL: 'https://elsewhere.example' } };
  const changed = await made({ manifest }, { remembered: remember });
  expect(notPassed(changed.verdict.checks)).toEqual({ 'launch-manifest': 'warned' });
  expect(changed.verdict.settings).toEqual(manifest.settings);
  expect(notPassed((await made({ manifest }, { remembered: changed.remember })).verdict.checks)).toEqual({});
});

test('another identity than the pinned or the remembered one is refused; a pin outweighs what is remembered, and says so', async () => {
  const other = { identityKey: new Uint8Array(32).fill(0x66) };
  expectRefused(await verify({ options: { pins: other } }), { identity: 'failed', 'release-log': 'warned' });
  const remembered = { identityKey: toBase64url(other.identityKey) };
  expectRefused(await verify({ options: { pins: {}, remembered } }), { identity: 'failed', 'release-log': 'warned' }, remembered);
  const moved = await verify({ options: { remembered: { ...remembered, wasVerified: true, sequence: 99, log: 'x' } } });
  expect(moved.verdict.verdict).toBe('verified-with-warnings');
  expect(notPassed(moved.verdict.checks)).toEqual({ identity: 'warned' });
  expect(moved.remember).toMatchObject({ identityKey: toBase64url(IDENTITY), wasVerified: true, sequence: 3 });
});

test('an address that the environment does not speak for is refused', async () => {
  for (const origin of ['https://evil.example', 'http://acme.example', 'https://acme.example:8443', '']) {
    expectRefused(await verify({ origin }), { origin: 'failed' });
  }
});

test('evidence for another connection is refused', async () => {
  const reportData = new Uint8Array(64).fill(1);
  for (const tee of TEES) {
    const { input, options } = await createTestEnvironment({ log, tee });
    expectRefused(await verifyEnvironment({ ...input, reportData }, { ...options, ...pinned }), { 'report-data': 'failed' });
  }
});

test('a Nitro document repeats the nonce of the handshake, or none if it stands for several', async () => {
  expectRefused(await made({ tee: 'nitro', nonce: new Uint8Array(32).fill(1) }), { 'report-data': 'failed' });
  const environment = await createTestEnvironment({ log, tee: 'nitro' });
  expectRefused(await verify({ environment, peer: { nonce: new Uint8Array(32) } }), { 'report-data': 'failed' });
});

test.each(TEES)('%s: another build than the published one is refused', async (tee) => {
  expectRefused(await made({ tee, measured: new Uint8Array(tee === 'sgx' ? 32 : 48).fill(0x77) }), { release: 'failed' });
});

test('a release for another kind of machine is none for this one', async () => {
  const entries = entriesOf(1, { measurements: BUILDS.filter(({ tee }) => tee !== 'tdx') });
  const { verdict } = await made({ entries });
  expect(notPassed(verdict.checks)).toEqual({ release: 'failed' });
  expect(verdict.checks.find(({ id }) => id === 'release')?.expected).toBe('nothing for tdx');
});

const CHANGES: readonly [string, LaunchManifest][] = [
  ['an option of Node', { ...MANIFEST, node: { ...MANIFEST.node, options: ['--import=data:text/javascript,0'] } }],
  ['the version of Node', { ...MANIFEST, node: { ...MANIFEST.node, version: 'v24.0.0' } }],
  ['the model', { ...MANIFEST, models: [{ name: 'embeddings', sha256: '22'.repeat(32) }] }],
  ['one more model', { ...MANIFEST, models: [...MANIFEST.models, { name: 'other', sha256: '22'.repeat(32) }] }],
  ...['HTTPS_PROXY', 'PRIVEXBOT_PUBLIC_URL', 'PRIVEXBOT_ROOT_KEY', 'PRIVEXBOT_MODEL_URL'].map((name): [string, LaunchManifest] => [
    name,
    { ...MANIFEST, settings: { ...MANIFEST.settings, [name]: 'http://evil.example' } },
  ]),
];

test.each(CHANGES)('started with another %s than is shown: refused on every machine that measures it', async (_, manifest) => {
  for (const tee of ['tdx', 'sev-snp', 'nitro'] as const) {
    const expected = { 'launch-manifest': 'failed', model: 'unknown' };
    expectRefused(await made({ tee, manifest, shown: MANIFEST }), expected);
    expectRefused(await made({ tee, manifest: MANIFEST, shown: manifest }), expected);
  }
});

test('a launch manifest that is not the one of the answer, or none at all, is refused', async () => {
  const other = await createTestEnvironment({ log, shown: CHANGES[0]?.[1] ?? MANIFEST });
  const expected = { 'launch-manifest': 'failed', model: 'unknown' };
  for (const launchManifest of [other.input.peer.launchManifest, new Uint8Array(48), new Uint8Array()]) {
    expectRefused(await verify({ peer: { launchManifest } }), expected);
  }
});

test('models that an Admin added are shown, and none may take the name of another', async () => {
  const llama = { name: 'llama', sha256: '33'.repeat(32) };
  const withModels = (models: unknown) => ({ keyConfig: { ...usual.input.peer.keyConfig, models } });
  expect((await verify({ peer: withModels([llama]) })).verdict).toMatchObject({ verdict: 'verified', models: [...MANIFEST.models, llama] });
  expectRefused(await verify({ peer: withModels([{ ...llama, name: 'embeddings' }]) }), { model: 'failed' });
  for (const broken of [{}, 'llama', [1], [{ name: 'llama' }], [{ ...llama, sha256: 'xyz' }], null, Array(65).fill(llama)]) {
    expectRefused(await verify({ peer: withModels(broken) }), { model: 'failed' });
  }
});

test('no model inside is said as well', async () => {
  const { verdict } = await made({ manifest: { ...MANIFEST, models: [] } });
  expect(verdict).toMatchObject({ verdict: 'verified', models: [] });
  expect(verdict.checks.find(({ id }) => id === 'model')?.explain).toBe('No model runs inside.');
});

test('simulated evidence is simulated, whatever is warned of, and only where that is allowed', async () => {
  const environment = await createTestEnvironment({ log, isSimulation: true });
  const { verdict, proof, remember } = await verify({ environment });
  expect(verdict.verdict).toBe('simulated');
  expect(notPassed(verdict.checks)).toEqual({ chain: 'warned', simulation: 'warned' });
  expect(verdict.limits[0]).toBe('simulated');
  expect(proof?.evidence.verdict).toBe('simulated');
  expect(remember.wasVerified).toBe(false);
  expect((await verify({ environment, options: { pins: {} } })).verdict.verdict).toBe('simulated');
  expectRefused(await verify({ environment, options: { allowSimulated: false } }), { chain: 'warned', simulation: 'failed' });
});

test('where real hardware answered once, a simulation is refused ever after', async () => {
  const environment = await createTestEnvironment({ log, isSimulation: true });
  const { remember } = await verify();
  expectRefused(await verify({ environment, options: { remembered: remember } }), { chain: 'warned', simulation: 'failed' }, remember);
  const ofAnother = { wasVerified: true, identityKey: 'other' };
  expectRefused(
    await verify({ environment, options: { remembered: ofAnother } }),
    { chain: 'warned', identity: 'warned', simulation: 'failed' },
    ofAnother,
  );
});

test('evidence below no trusted root is refused', async () => {
  const { verdict } = await verify({ options: { anchors: [] } });
  expect(notPassed(verdict.checks)).toMatchObject({ chain: 'failed', simulation: 'unknown' });
  expect(verdict.verdict).toBe('not-verified');
});

test('warnings of the evidence are warnings of the environment', async () => {
  const { verdict } = await made({ collateral: { status: 'SWHardeningNeeded', advisories: ['INTEL-SA-00001'] } });
  expect(verdict).toMatchObject({
    verdict: 'verified-with-warnings',
    tcb: { status: 'SWHardeningNeeded', advisories: ['INTEL-SA-00001'], date: expect.stringMatching(/Z$/) },
  });
});

test('an older statement of Intel than was seen before is refused', async () => {
  const newer = await made({ collateral: { evaluationNumber: 18 } });
  expect(newer.remember.tcbEvaluationNumber).toBe(18);
  expectRefused(await verify({ options: { remembered: newer.remember } }), { 'policy-tcb-floor': 'failed' }, newer.remember);
});

test('a pinned machine is the only one, and a policy counts as well', async () => {
  const machine = (await verify()).verdict.machine ?? '';
  expect((await verify({ options: { pins: { identityKey: IDENTITY, machines: [machine] } } })).verdict.verdict).toBe('verified');
  expectRefused(await verify({ options: { pins: { identityKey: IDENTITY, machines: ['00'] } } }), { 'policy-machine': 'failed' });
  const measurements = [{ mrtd: '00'.repeat(48) }];
  expectRefused(await verify({ options: { policy: { measurements } } }), { 'policy-measurement': 'failed' });
});

test('an older release or a shorter log than was seen before is refused', async () => {
  const { remember } = await verify();
  const older = await stateLast(log, entriesOf(2));
  expectRefused(await verify({ peer: { release: older }, options: { remembered: remember } }), { 'release-rollback': 'failed' }, remember);
  // The whole log, but an older entry of it.
  const entries = entriesOf(3);
  const cosigned = await stateLast(log, entries);
  const { checkpoint } = JSON.parse(new TextDecoder().decode(cosigned));
  const oldEntry = encodeReleaseStatement(await stateRelease(entries, 1, checkpoint));
  expectRefused(
    await verify({ peer: { release: oldEntry }, options: { remembered: remember } }),
    { 'release-rollback': 'failed' },
    remember,
  );
});

test('a log that grew since the last visit is accepted, however much, as long as it shows its growth', async () => {
  const { remember } = await verify();
  for (const count of [4, 7, 20]) {
    const release = await stateLast(log, entriesOf(count));
    const later = await verify({ peer: { release }, options: { remembered: remember } });
    expect(later.verdict.verdict).toBe('verified');
    expect(later.remember).toMatchObject({ sequence: count, logSize: count });
  }
  const short = await stateLast(log, entriesOf(9), AT.getTime(), { maxLeaves: 5 });
  expectRefused(await verify({ peer: { release: short }, options: { remembered: remember } }), { 'release-log': 'failed' }, remember);
  const enough = await stateLast(log, entriesOf(9), AT.getTime(), { maxLeaves: 6 });
  expect((await verify({ peer: { release: enough }, options: { remembered: remember } })).verdict.verdict).toBe('verified');
});

test('a log that was rewritten, or shows somebody else something else, is refused', async () => {
  const { remember } = await verify();
  for (const count of [3, 4, 8]) {
    const release = await stateLast(log, entriesOf(count, { sourceUrl: 'https://example.com/another' }));
    expectRefused(await verify({ peer: { release }, options: { remembered: remember } }), { 'release-log': 'failed' }, remember);
    expect((await verify({ peer: { release } })).verdict.verdict).toBe('verified');
  }
});

test('a checkpoint of another key is refused, under whatever name', async () => {
  const forger = await createTestLog();
  const release = await stateLast(forger, entriesOf(3));
  const refused = { 'release-log': 'failed', 'release-rollback': 'unknown' };
  expectRefused(await verify({ peer: { release } }), refused);
  const own = { name: log.signer.name, key: log.signer.key };
  expectRefused(await verify({ peer: { release }, options: { pins: { identityKey: IDENTITY, releaseLog: own } } }), refused);
  // Its key is named, but the name belongs to a log of this program.
  const keyConfig = { ...usual.input.peer.keyConfig, releaseLog: forger.named };
  expectRefused(await verify({ peer: { release, keyConfig }, options: { logs: [own] } }), refused);
  expect((await verify({ peer: { release, keyConfig } })).verdict.verdict).toBe('verified');
});

test('the verdict says who vouches for the log', async () => {
  const own = { name: log.signer.name, key: log.signer.key };
  const builtIn = await verify({ options: { logs: [own], pins: {} } });
  expect(builtIn.verdict.release?.signerTrust).toBe('built-in');
  expect(notPassed(builtIn.verdict.checks)).toEqual({ identity: 'warned' });
  const byPin = await verify({ options: { pins: { identityKey: IDENTITY, releaseLog: own } } });
  expect(byPin.verdict.release?.signerTrust).toBe('pinned');
  expect((await verify()).verdict.release?.signerTrust).toBe('named');
});

test('an environment that moves to another log of its own is accepted with a warning', async () => {
  const { remember } = await verify();
  const other = await createTestLog('releases.example/other');
  const moved = await made({ log: other, entries: entriesOf(1) }, { remembered: remember });
  expect(notPassed(moved.verdict.checks)).toEqual({ 'release-log': 'warned' });
  expect(moved.remember).toMatchObject({ sequence: 1, logSize: 1 });
});

test('a log that nobody names, or that is named wrongly, is refused', async () => {
  const refused = { 'release-log': 'failed', 'release-rollback': 'unknown' };
  const { named } = log;
  const broken = [
    undefined,
    null,
    1,
    [],
    {},
    { ...named, key: 'AA' },
    { ...named, name: 'a b' },
    { ...named, more: 1 },
    { ...named, witnesses: 1 },
  ];
  for (const releaseLog of [...broken, { ...named, witnesses: [{ name: 'w' }] }, { ...named, minWitnesses: -1 }]) {
    const keyConfig = { ...usual.input.peer.keyConfig, releaseLog };
    expectRefused(await verify({ peer: { keyConfig } }), refused);
  }
});

test('a witness that has not seen the log for a week is a warning, for a month a refusal, and in the future it is none', async () => {
  const seenAt = (age: number) => stateLast(log, entriesOf(3), AT.getTime() - age);
  const statusAt = async (age: number) => notPassed((await verify({ peer: { release: await seenAt(age) } })).verdict.checks);
  expect(await statusAt(7 * DAY)).toEqual({});
  expect(await statusAt(7 * DAY + 1000)).toEqual({ 'release-log': 'warned' });
  expect(await statusAt(30 * DAY)).toEqual({ 'release-log': 'warned' });
  expect(await statusAt(30 * DAY + 1000)).toEqual({ 'release-log': 'failed' });
  expect(await statusAt(-5 * 60_000)).toEqual({});
  expect(await statusAt(-DAY)).toEqual({ 'release-log': 'failed' });
});

test('as many witnesses as are asked for must have signed', async () => {
  const { input } = usual;
  const unsigned = await signCheckpoint(entriesOf(3), log.signer);
  const release = encodeReleaseStatement(await stateRelease(entriesOf(3), 2, unsigned));
  expectRefused(await verify({ peer: { release } }), { 'release-log': 'failed' });
  const alone = { ...log.named, witnesses: [] };
  const unwatched = await verify({ peer: { release, keyConfig: { ...input.peer.keyConfig, releaseLog: alone } } });
  expect(unwatched.verdict.verdict).toBe('verified');
  expect(unwatched.verdict.limits).toContain('witness');
  const two = { ...log.named, minWitnesses: 2 };
  expectRefused(await verify({ peer: { keyConfig: { ...input.peer.keyConfig, releaseLog: two } } }), { 'release-log': 'failed' });
});

test('an entry that does not stand in the log is refused', async () => {
  const entries = entriesOf(3);
  const statement = JSON.parse(new TextDecoder().decode(await stateLast(log, entries)));
  const forged = new TextEncoder().encode(JSON.stringify({ ...statement }).replace('"version":"1.3.0"', '"version":"1.3.1"'));
  expectRefused(await verify({ peer: { release: forged } }), { 'release-log': 'failed' });
  const elsewhere = new TextEncoder().encode(JSON.stringify(statement).replace('"index":2', '"index":1'));
  expectRefused(await verify({ peer: { release: elsewhere } }), { 'release-log': 'failed' });
});

test('cut anywhere, or with any bit changed, a statement of the release is refused', async () => {
  const release = usual.input.peer.release;
  for (let length = 0; length < release.length; length += 53) {
    expect((await verify({ peer: { release: release.slice(0, length) } })).verdict.verdict, `cut at ${length}`).toBe('not-verified');
  }
  for (let bit = 0; bit < 8 * release.length; bit += 101) {
    const altered = release.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect((await verify({ peer: { release: altered } })).verdict.verdict, `bit ${bit}`).toBe('not-verified');
  }
});

test('cut anywhere, or with any bit changed, an evidence document is refused or says the same', async () => {
  const { evidence } = usual.input;
  for (let length = 0; length < evidence.length; length += 997) {
    const { verdict } = await verify({ evidence: evidence.slice(0, length) });
    expect(verdict.verdict, `cut at ${length}`).toBe('not-verified');
    expect(notPassed(verdict.checks)).toMatchObject({ parse: 'failed', 'launch-manifest': 'unknown', simulation: 'unknown' });
  }
  let refused = 0;
  const { machine, release } = (await verify()).verdict;
  for (let bit = 0; bit < 8 * evidence.length; bit += 1499) {
    const altered = evidence.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const { verdict } = await verify({ evidence: altered });
    // A few bytes of a quote's header and of the padding of collateral say nothing.
    if (verdict.verdict === 'not-verified') refused++;
    else expect(verdict).toMatchObject({ machine, release });
  }
  expect(refused).toBeGreaterThan(50);
});

test('times beyond all calendars are no error', async () => {
  for (const notAfter of [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0]) {
    const { verdict } = await verify({ peer: { keyConfig: { ...usual.input.peer.keyConfig, notAfter } } });
    expect(verdict.checks.length).toBeGreaterThan(10);
  }
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, 0]) {
    expect((await verify({ options: { at } })).verdict.verdict, `${at}`).toBe('not-verified');
  }
});

test('a broken memory refuses rather than fails', async () => {
  const { remember } = await verify();
  const remembered = { ...remember, logRoot: '%%%' };
  expectRefused(await verify({ options: { remembered } }), { 'release-log': 'failed' }, remembered);
});

test('whoever lacks Ed25519 in WebCrypto brings it along', async () => {
  let asked = 0;
  const verifyEd25519 = async () => {
    asked++;
    return true;
  };
  expect((await verify({ options: { verifyEd25519 } })).verdict.verdict).toBe('verified');
  expect(asked).toBe(2);
  expectRefused(await verify({ options: { verifyEd25519: () => Promise.reject(new Error('no curve')) } }), {
    'release-log': 'failed',
    'release-rollback': 'unknown',
  });
});

test('a log cannot be written so that nobody would believe it', async () => {
  const entries = entriesOf(2);
  expect(() => appendRelease(entries, entryOf(2))).toThrow(/sequence/);
  expect(() => appendRelease(entries, entryOf(3, { sourceUrl: 'http://example.com' }))).toThrow();
  expect(() => appendRelease(entries, entryOf(3, { date: 'yesterday' }))).toThrow();
  expect(() => appendRelease(entries, entryOf(3, { assets: { '/a': 'xyz' } }))).toThrow();
  for (const { tee, registers } of BUILDS) {
    for (const name of Object.keys(registers)) {
      const fewer = Object.fromEntries(Object.entries(registers).filter(([each]) => each !== name));
      expect(() => appendRelease(entries, entryOf(3, { measurements: [{ tee, registers: fewer }] })), `${tee} ${name}`).toThrow(/lacks/);
    }
  }
  const signer = await signerOf('releases.example/privexbot', await createSigningKey());
  await expect(stateRelease(entries, 1, await signCheckpoint(entriesOf(3), signer))).rejects.toThrow(/other entries/);
  await expect(stateRelease(entries, 2, await signCheckpoint(entries, signer))).rejects.toThrow(RangeError);
});

test('a log of a thousand releases still fits into an answer', async () => {
  const entries = entriesOf(1000);
  const release = await stateLast(log, entries, AT.getTime(), { maxLeaves: 2000 });
  expect(release.length).toBeLessThanOrEqual(64 * 1024);
  const { verdict } = await verify({ peer: { release } });
  expect(verdict.verdict).toBe('verified');
});
