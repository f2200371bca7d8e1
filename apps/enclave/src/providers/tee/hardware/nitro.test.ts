import { fileURLToPath } from 'node:url';
import { verifyEvidence } from '@privexbot/attestation';
import { expect, test } from 'vitest';
import { extendedOnce, hex, sha256, sha384 } from '../registers.ts';
import { BASE, boundBy, MANIFEST, REPORT_DATA } from './imitations.fixture.ts';
import { openNitro } from './nitro.ts';
import { openNsm } from './nsm.ts';

const NSM_FIXTURE = fileURLToPath(new URL('nsm.fixture.ts', import.meta.url));
const imitatedNsm = (mode = 'works') => openNsm([process.execPath, '--disable-warning=ExperimentalWarning', NSM_FIXTURE, mode]);

test('extends and locks PCR16, repeats the nonce, and starts again in the same enclave', async () => {
  const nsm = imitatedNsm();
  const tee = await openNitro({ ...BASE, manifest: MANIFEST, nsm });
  expect(tee.registers.pcr16).toBe(hex(extendedOnce(sha384(MANIFEST))));
  const nonce = new Uint8Array(32).fill(9);
  const evidence = await tee.attest(REPORT_DATA, nonce);
  const { claims } = await verifyEvidence(evidence, { at: Date.now(), anchors: [] });
  expect(claims).toMatchObject({ reportData: hex(REPORT_DATA), details: { nonce: hex(nonce) } });
  await using again = await openNitro({ ...BASE, manifest: MANIFEST, nsm });
  expect(again.registers).toEqual(tee.registers);
  await expect(
    openNitro({ ...BASE, manifest: sha256('another'), nsm: { ...nsm, [Symbol.asyncDispose]: async () => undefined } }),
  ).rejects.toThrow(/PCR16 of this enclave already holds something else/);
});

test('gives key services a document with a public key and nothing else', async () => {
  await using tee = await openNitro({ ...BASE, manifest: MANIFEST, nsm: imitatedNsm() });
  const document = await tee.attestKey?.(Uint8Array.of(1, 2, 3));
  const { claims } = await verifyEvidence({ tee: 'nitro', document: document ?? new Uint8Array() }, { at: Date.now(), anchors: [] });
  expect(claims?.details.public_key).toBe('010203');
  expect(claims?.reportData).toBeUndefined();
});

test('requests sent at once are answered each with its own', async () => {
  await using tee = await openNitro({ ...BASE, manifest: MANIFEST, nsm: imitatedNsm() });
  const asked = [1, 2, 3, 4].map((fill) => new Uint8Array(64).fill(fill));
  const documents = await Promise.all(asked.map((bytes) => tee.attest(bytes)));
  expect(await Promise.all(documents.map(boundBy))).toEqual(asked.map(hex));
});

test.each([
  ['taken', /PCR16 of this enclave already holds something else/],
  ['refuses', /refused DescribePCR \(InternalError\)/],
  ['dies', /helper for \/dev\/nsm ended \(3\)/],
  ['babbles', /out of form/],
])('a module that is %s stops the start', async (mode, message) => {
  await expect(openNitro({ ...BASE, manifest: MANIFEST, nsm: imitatedNsm(mode) })).rejects.toThrow(message);
});

test('a machine without the helper is told so', async () => {
  await expect(openNitro({ ...BASE, manifest: MANIFEST, nsm: openNsm(['/nowhere/privexbot-nsm']) })).rejects.toThrow(
    /privexbot-nsm\) cannot be used \(ENOENT\)/,
  );
});
