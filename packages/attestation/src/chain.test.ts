import { expect, test } from 'vitest';
import { verifyChain } from './chain.ts';
import { verifyCrl } from './crl.ts';
import {
  type CertificateFields,
  createKey,
  extension,
  type Issuer,
  issueCertificate,
  issueCrl,
  name,
  toPem,
} from './simulation/authority.ts';
import { type Certificate, parseCertificate, parsePem } from './x509.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 0, 15);
const WINDOW = { notBefore: NOW - DAY, notAfter: NOW + DAY };

const LIST = { thisUpdate: NOW - DAY, nextUpdate: NOW + DAY };

const root: Issuer = { key: await createKey('P-384'), subject: name('Root') };
const middle: Issuer = { key: await createKey(), subject: name('Middle') };
const leafKey = await createKey();

const rootCertificate = await issue(root, { subject: root.subject, spki: root.key.spki, ca: { maxPathLength: 1 } });
const middleCertificate = await issue(root, { subject: middle.subject, spki: middle.key.spki, ca: { maxPathLength: 0 } });
const leaf = await issue(middle, {});

async function issue(issuer: Issuer, fields: Partial<CertificateFields>): Promise<Certificate> {
  const serial = Uint8Array.of(0x95, 1);
  return parseCertificate(await issueCertificate(issuer, { subject: name('Leaf'), spki: leafKey.spki, serial, ...WINDOW, ...fields }));
}

async function problemOf(
  chain: Certificate[],
  { anchors = [rootCertificate], at = NOW, understood = [] as string[] } = {},
): Promise<string> {
  const result = await verifyChain(chain, anchors, at, { understood });
  return result.ok ? 'none' : result.problem;
}

test('a chain to a trusted root is accepted, on both ends of its window too', async () => {
  const chain = [leaf, middleCertificate, rootCertificate];
  expect(await problemOf(chain)).toBe('none');
  expect(await problemOf(chain, { at: WINDOW.notBefore })).toBe('none');
  expect(await problemOf(chain, { at: WINDOW.notAfter })).toBe('none');
});

test('a chain is refused before and after its window and at no time at all', async () => {
  const chain = [leaf, middleCertificate, rootCertificate];
  expect(await problemOf(chain, { at: WINDOW.notBefore - 1 })).toContain('not valid before');
  expect(await problemOf(chain, { at: WINDOW.notAfter + 1 })).toContain('not valid after');
  expect(await problemOf(chain, { at: Number.NaN })).toContain('not valid');
});

test('a chain must end at a trusted root, byte for byte', async () => {
  const twin = await issue(root, { subject: root.subject, spki: root.key.spki, ca: { maxPathLength: 1 } });
  expect(await problemOf([leaf, middleCertificate, rootCertificate], { anchors: [] })).toContain('not a trusted root');
  expect(await problemOf([leaf, middleCertificate, twin])).toContain('not a trusted root');
  expect(await problemOf([leaf, middleCertificate])).toContain('not a trusted root');
  expect(await problemOf([])).toContain('no certificate');
});

test('a certificate that names or has another issuer is refused', async () => {
  const stranger: Issuer = { key: await createKey(), subject: middle.subject };
  expect(await problemOf([await issue(stranger, {}), middleCertificate, rootCertificate])).toContain('was not signed by');
  expect(await problemOf([leaf, rootCertificate])).toContain('names another issuer');
});

test('a leaf cannot issue, nor can an authority below its path length', async () => {
  const deputy: Issuer = { key: await createKey(), subject: name('Deputy') };
  const asLeaf = await issue(middle, { subject: deputy.subject, spki: deputy.key.spki });
  const asAuthority = await issue(middle, { subject: deputy.subject, spki: deputy.key.spki, ca: {} });
  const below = await issue(deputy, {});
  expect(await problemOf([below, asLeaf, middleCertificate, rootCertificate])).toContain('may not issue');
  expect(await problemOf([below, asAuthority, middleCertificate, rootCertificate])).toContain('so far above');
});

test('an authority may do only what its key is for', async () => {
  const deputy: Issuer = { key: await createKey(), subject: name('Deputy') };
  const fields = { subject: deputy.subject, spki: deputy.key.spki, ca: {} };
  const forLists = await issue(root, { ...fields, usages: ['cRLSign'] });
  const forCertificates = await issue(root, { ...fields, usages: ['keyCertSign'] });
  expect(await problemOf([await issue(deputy, {}), forLists, rootCertificate])).toContain('may not sign certificates');
  const list = await verifyCrl(await issueCrl(deputy, LIST), forCertificates, [], NOW);
  expect(list).toMatchObject({ ok: false, problem: expect.stringContaining('may not sign lists') });
});

test('an unknown critical extension is refused unless the caller understands it', async () => {
  const odd = await issue(middle, { extensions: [extension('1.2.3.4', true, Uint8Array.of(5, 0))] });
  expect(await problemOf([odd, middleCertificate, rootCertificate])).toContain('1.2.3.4');
  expect(await problemOf([odd, middleCertificate, rootCertificate], { understood: ['1.2.3.4'] })).toBe('none');
  const twice = [extension('1.2.3.4', false, Uint8Array.of()), extension('1.2.3.4', false, Uint8Array.of())];
  await expect(issue(middle, { extensions: twice })).rejects.toThrow('occurs twice');
});

test('every flipped bit of a leaf is refused', async () => {
  let refused = 0;
  for (let bit = 0; bit < 8 * leaf.der.length; bit += 13) {
    const der = Uint8Array.from(leaf.der);
    der[bit >> 3] = (der[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const problem = await parsed(der).then((certificate) => problemOf([certificate, middleCertificate, rootCertificate]), String);
    expect(problem, `bit ${bit}`).not.toBe('none');
    refused++;
  }
  expect(refused).toBeGreaterThan(200);
});

async function parsed(der: Uint8Array): Promise<Certificate> {
  return parseCertificate(der);
}

test('a certificate cut at any length is malformed, and so is one with a byte too many', () => {
  for (let length = 0; length < leaf.der.length; length++) expect(() => parseCertificate(leaf.der.subarray(0, length))).toThrow('DER');
  expect(() => parseCertificate(Uint8Array.of(...leaf.der, 0))).toThrow('DER');
});

test('PEM gives back the certificates and nothing else', () => {
  expect(parsePem(`${toPem(leaf.der, rootCertificate.der)}\0`)).toEqual([Uint8Array.from(leaf.der), Uint8Array.from(rootCertificate.der)]);
  expect(() => parsePem(`words ${toPem(leaf.der)}`)).toThrow('Not PEM');
  expect(() => parsePem(toPem(leaf.der).replace('-----END', '-----FIN'))).toThrow('Not PEM');
});

async function crlProblem(der: Uint8Array | undefined, at = NOW): Promise<string> {
  const result = await verifyCrl(der, middleCertificate, [leaf], at);
  return result.ok ? 'none' : result.problem;
}

test('a signed and fresh revocation list that does not name the certificate is accepted', async () => {
  expect(await crlProblem(await issueCrl(middle, LIST))).toBe('none');
  expect(await crlProblem(await issueCrl(middle, { ...LIST, revoked: [Uint8Array.of(0x95, 2)] }))).toBe('none');
});

test('a revocation list that names the certificate refuses it', async () => {
  expect(await crlProblem(await issueCrl(middle, { ...LIST, revoked: [Uint8Array.of(1), Uint8Array.of(0x95, 1)] }))).toContain('revokes');
});

test('a revocation list that is absent, garbage, stale, early, foreign or altered refuses', async () => {
  const list = await issueCrl(middle, LIST);
  const altered = Uint8Array.from(list);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  expect(await crlProblem(undefined)).toContain('missing');
  expect(await crlProblem(Uint8Array.of())).toContain('missing');
  expect(await crlProblem(Uint8Array.of(1, 2, 3))).toContain('malformed');
  expect(await crlProblem(list, LIST.nextUpdate + 1)).toContain('ended');
  expect(await crlProblem(list, LIST.thisUpdate - 1)).toContain('begins');
  expect(await crlProblem(await issueCrl(root, LIST))).toContain('another issuer');
  expect(await crlProblem(altered)).toContain('wrong signature');
  const partial = await issueCrl(middle, { ...LIST, extensions: [extension('2.5.29.28', true, Uint8Array.of(0x30, 0))] });
  expect(await crlProblem(partial)).toContain('Unknown critical');
  expect(await crlProblem(await issueCrl({ ...middle, key: root.key }, LIST))).toContain('wrong signature');
});
