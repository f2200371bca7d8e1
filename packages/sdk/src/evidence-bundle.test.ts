import { expect, test } from 'vitest';
import { openEnclave } from './enclave.ts';
import { type EvidenceBundle, verifyBundle } from './evidence-bundle.ts';
import { openSimulatedEnclave } from './simulated-enclave.fixture.ts';

const DAY = 24 * 60 * 60_000;

async function saveBundle() {
  using enclave = await openSimulatedEnclave();
  const { url, anchors, transport, now } = enclave;
  using connection = openEnclave({ url, anchors, transport, now, allowSimulated: true });
  expect(() => connection.evidence()).toThrow('Nothing has been checked yet');
  const verdict = await connection.check();
  const bundle = JSON.parse(JSON.stringify(connection.evidence())) as EvidenceBundle;
  return { verdict, bundle, trust: { anchors, allowSimulated: true }, identityKey: enclave.identityKey() };
}

test('a saved bundle gives the same verdict again, without the network', async () => {
  const { verdict, bundle, trust } = await saveBundle();
  expect(await verifyBundle(bundle, trust)).toEqual(verdict);
});

test('a bundle is no evidence without the root that it ends at, nor after its time', async () => {
  const { bundle, trust } = await saveBundle();
  expect(await verifyBundle(bundle)).toMatchObject({ verdict: 'not-verified' });
  expect(await verifyBundle(bundle, { ...trust, allowSimulated: false })).toMatchObject({ verdict: 'not-verified' });
  expect(await verifyBundle(bundle, { ...trust, at: new Date(Date.now() + DAY) })).toMatchObject({
    verdict: 'not-verified',
    checks: [{ id: 'freshness', status: 'failed' }],
  });
});

test('a bundle of another environment than the pinned one is not verified', async () => {
  const { bundle, trust, identityKey } = await saveBundle();
  expect((await verifyBundle(bundle, { ...trust, pins: { identityKey } })).environment.isFirstUse).toBe(false);
  const other = await verifyBundle(bundle, { ...trust, pins: { identityKey: new Uint8Array(32) } });
  expect(other.checks).toContainEqual(expect.objectContaining({ id: 'identity', status: 'failed' }));
});

test('no flipped bit of what the handshake committed is verified', async () => {
  const { bundle, trust } = await saveBundle();
  for (const part of ['hello', 'answer'] as const) {
    const bytes = Buffer.from(bundle[part], 'base64url');
    // The evidence itself is for the tests of its verifier.
    const end = part === 'hello' ? bytes.length : bytes.indexOf('{"collateral"');
    for (let at = 0; at < end; at += Math.ceil(end / 60)) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const verdict = await verifyBundle({ ...bundle, [part]: changed.toString('base64url') }, trust).catch((error: Error) => error);
      if (verdict instanceof Error) expect(verdict.name).toBe('BundleError');
      else expect([at, verdict.verdict]).toEqual([at, 'not-verified']);
    }
  }
});

const NO_BUNDLES: [string, unknown][] = [
  ['nothing', undefined],
  ['a text', 'evidence'],
  ['another object', { v: 1 }],
  ['a later version', { v: 2, kind: 'privexbot-evidence' }],
  ['a bundle without its answer', { v: 1, kind: 'privexbot-evidence', origin: 'https://x', checkedAt: '2026-01-01', hello: '' }],
  ['a bundle with nonsense', { v: 1, kind: 'privexbot-evidence', origin: 'https://x', checkedAt: '2026-01-01', hello: '!', answer: '?' }],
  ['a bundle without a time', { v: 1, kind: 'privexbot-evidence', origin: 'https://x', checkedAt: 'now', hello: '', answer: '' }],
];
test.each(NO_BUNDLES)('%s is refused as no bundle', async (_, value) => {
  await expect(verifyBundle(value)).rejects.toMatchObject({ name: 'BundleError' });
});

test('a bundle holds no secret of the session', async () => {
  const { bundle } = await saveBundle();
  expect(Object.keys(bundle)).toEqual(['v', 'kind', 'origin', 'checkedAt', 'hello', 'answer']);
  const answer = Buffer.from(bundle.answer, 'base64url');
  // An empty ticket, then 32 zeros where its confirmation was.
  expect(answer.subarray(-40)).toEqual(Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 32]), Buffer.alloc(32)]));
});
