// Key services that fail, lie, or are overheard: against stand-ins written from their published protocols.
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { databaseWrappedStore } from '../../db/wrapped-epochs.ts';
import { openRootKey } from '../open-root-key.ts';
import { CmsError, openEnvelope } from './cms.ts';
import { signRequest } from './sigv4.ts';
import { type FakeDstack, startFakeDstack } from './testing/dstack.fixture.ts';
import { type FakeKms, openFakeKms, sealForRecipient, startFakeKms } from './testing/kms.fixture.ts';
import { openFakeVault, startFakeVault } from './testing/vault.fixture.ts';
import { fileWrappedStore } from './wrapped-store.ts';

const refused = (failure: string, message: RegExp) => ({ name: 'StartProblem', failure, message: expect.stringMatching(message) });

test('a Vault that is sealed, slow, cut off or not Vault is named, and nothing is made', async () => {
  await using vault = await startFakeVault();
  const source = openFakeVault(vault.server);
  await source.createEpoch(1);
  const before = [...vault.keys.keys()];
  const cases = [
    [{ status: 503, body: { errors: ['Vault is sealed'] } }, 'unreachable', /sealed, overloaded or down \(status 503\)/],
    ['silence', 'unreachable', /no answer in time/],
    ['cut', 'unreachable', /cannot be reached/],
    [{ status: 302 }, 'refused', /status 302.*Transit/],
    [{ status: 200, body: 'hello' }, 'damaged', /no HMAC/],
    [{ status: 200, body: { data: { hmac: 'vault:v1:AAAA' } } }, 'damaged', /no HMAC/],
    [{ status: 200, body: { data: { hmac: `vault:v2:${'A'.repeat(43)}=` } } }, 'damaged', /no HMAC/],
  ] as const;
  for (const [failure, kind, message] of cases) {
    vault.server.failWith = failure;
    const asked = failure === 'silence' ? openFakeVault(vault.server, undefined, 200) : source;
    await expect(asked.openEpoch(1), JSON.stringify(failure)).rejects.toMatchObject(refused(kind, message));
  }
  vault.server.failWith = undefined;
  expect([...vault.keys.keys()]).toEqual(before);
});

test('a token that Vault refuses is named with its setting, and not said', async () => {
  await using vault = await startFakeVault();
  const refusal = await openFakeVault(vault.server, 'hvs.hunter2')
    .createEpoch(1)
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject(refused('refused', /refuses the token.*PRIVEXBOT_ROOT_KEY_SECRET_FILE/));
  expect(String(refusal)).not.toContain('hunter2');
});

test('KMS gives its keys to an attested enclave only', async () => {
  await using kms = await startFakeKms();
  const source = await kms.open();
  await source.createEpoch(1);
  kms.isAttested = false;
  await expect(source.openEpoch(1)).rejects.toMatchObject(
    refused('refused', /refuses this enclave or its credentials.*RecipientAttestation/),
  );
  await expect(
    openRootKey(
      { kind: 'aws-kms', arn: '', region: '', endpoint: kms.server.url, wrapped: kms.wrapped },
      { mayCreate: true, secretFile: undefined },
    ),
  ).rejects.toMatchObject(refused('refused', /only inside an AWS Nitro enclave/));
});

test('an answer made for another key than the one attested is not used', async () => {
  await using kms = await startFakeKms();
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = publicKey.export({ type: 'spki', format: 'der' });
  const source = openFakeKms({ ...kms, attest: () => kms.attest(other) });
  await expect(source.createEpoch(1)).rejects.toMatchObject(refused('damaged', /does not open/));
  const forged = openFakeKms({ ...kms, attest: async (key) => key });
  await expect(forged.createEpoch(1)).rejects.toMatchObject(refused('refused', /refuses this enclave/));
});

test('nothing that passes between the enclave and KMS holds the key', async () => {
  await using kms = await startFakeKms();
  const key = Buffer.from(await (await kms.open()).createEpoch(1));
  for (const { body } of kms.server.requests) expect(body).not.toContain(key.toString('base64'));
  expect((await readFile(kms.wrapped)).includes(key.toString('base64'))).toBe(false);
});

test('a key that KMS sends in clear is not used', async () => {
  await using kms = await startFakeKms();
  kms.server.failWith = { status: 200, body: { Plaintext: Buffer.alloc(32).toString('base64'), CiphertextBlob: 'AAAA' } };
  await expect((await kms.open()).createEpoch(1)).rejects.toMatchObject(refused('damaged', /in clear/));
});

test.each([
  ['AccessDeniedException', 'refused', /kms:RecipientAttestation/],
  ['ExpiredTokenException', 'refused', /PRIVEXBOT_ROOT_KEY_SECRET_FILE/],
  ['com.amazonaws.kms#DisabledException', 'refused', /disabled/],
  ['KMSInvalidStateException', 'refused', /about to be deleted/],
  ['ThrottlingException', 'unreachable', /overloaded/],
  ['NoSuchThing', 'refused', /status 400/],
] as const)('KMS saying %s is told in words', async (type, failure, message) => {
  await using kms = await startFakeKms();
  const source = await kms.open();
  kms.server.failWith = { status: 400, body: { __type: type, message: 'hunter2' } };
  const problem = await source.createEpoch(1).catch((error: unknown) => error);
  expect(problem).toMatchObject(refused(failure, message));
  expect(String(problem)).not.toContain('hunter2');
});

test('credentials that are none are named with their setting', async () => {
  await using kms = await startFakeKms();
  await expect(openFakeKms(kms, { AccessKeyId: 'A' }).createEpoch(1)).rejects.toMatchObject(refused('damaged', /no AWS credentials/));
  await expect(openFakeKms(kms, { AccessKeyId: 'A', SecretAccessKey: 'B' }).createEpoch(1)).rejects.toMatchObject(
    refused('refused', /credentials/),
  );
});

test('a key service that must say which agent, and a guest agent that gives no key, are refused', async () => {
  await using dstack = await startFakeDstack();
  const source = await dstack.open();
  for (const [failure, kind, message] of [
    [{ status: 500, body: { error: 'no kms' } }, 'refused', /refuses to derive a key \(status 500\)/],
    [{ status: 200, body: { key: 'hunter2' } }, 'damaged', /no key/],
    [{ status: 200, body: {} }, 'damaged', /no key/],
  ] as const) {
    dstack.server.failWith = failure;
    await expect(source.createEpoch(1)).rejects.toMatchObject(refused(kind, message));
  }
});

const WRAPPED: readonly (readonly [string, () => Promise<FakeKms | FakeDstack>])[] = [
  ['aws-kms', () => startFakeKms()],
  ['dstack', startFakeDstack],
];

test.each(WRAPPED)(
  '%s: a wrapped key cut at any length, changed, or moved to another epoch is refused, and left as it is',
  async (_, start) => {
    await using service = await start();
    const source = await service.open();
    for (const epoch of [1, 2]) await source.createEpoch(epoch);
    const file = JSON.parse(await readFile(service.wrapped, 'utf8')) as { keys: Record<string, string> };
    const key = Buffer.from(file.keys['epoch 1'] ?? '', 'base64');
    const lengths = Array.from({ length: key.length }, (_, length) => length).filter((length) => length % 7 === 0);
    const changed = [
      ...lengths.map((length) => key.subarray(0, length)),
      Buffer.concat([key, Buffer.from([0])]),
      Buffer.from(key.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
      Buffer.from(file.keys['epoch 2'] ?? '', 'base64'),
    ];
    for (const bytes of changed) {
      const text = JSON.stringify({ ...file, keys: { ...file.keys, 'epoch 1': bytes.toString('base64') } });
      await writeFile(service.wrapped, text, { mode: 0o600 });
      await expect(source.openEpoch(1), `${bytes.length}`).rejects.toMatchObject(
        refused('damaged', /was changed, or belongs to another environment.*Nothing was changed/),
      );
      await expect(source.createEpoch(1)).rejects.toMatchObject(refused('damaged', /was changed/)); // not made anew in its place
      expect(await readFile(service.wrapped, 'utf8')).toBe(text);
    }
  },
);

test('where keys are needed and their file is missing, none is made', async () => {
  await using kms = await startFakeKms();
  const source = openFakeKms({ ...kms, store: fileWrappedStore(kms.wrapped, false) });
  await expect(source.openEpoch(1)).rejects.toMatchObject(refused('missing', /is missing, and the data needs it/));
  await expect(source.createEpoch(1)).rejects.toMatchObject(refused('missing', /Nothing was changed/));
});

test('a database that keeps wrapped keys and is away is named, without its password', async () => {
  const store = databaseWrappedStore('postgres://app:hunter2@127.0.0.1:1/none');
  const problem = await store.read().catch((error: unknown) => error);
  expect(problem).toMatchObject(refused('unreachable', /ECONNREFUSED.*DATABASE_URL/));
  expect(String(problem)).not.toContain('hunter2');
});

test.each(WRAPPED)('%s: a file of wrapped keys that is cut or of another source is refused', async (_, start) => {
  await using service = await start();
  const source = await service.open();
  await source.createEpoch(1);
  const text = await readFile(service.wrapped, 'utf8');
  for (const other of ['', 'null', text.slice(0, -20), text.replace(/"kind": "[\w-]+"/, '"kind": "vault"')]) {
    await writeFile(service.wrapped, other, { mode: 0o600 });
    await expect((await service.open()).openEpoch(1)).rejects.toMatchObject(refused('damaged', /does not hold keys wrapped by/));
  }
});

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const der = publicKey.export({ type: 'spki', format: 'der' });

test('an envelope opens in BER and DER, whatever is in it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (content, isDer) => {
      expect(openEnvelope(sealForRecipient(der, content, { isDer }), privateKey)).toEqual(content);
    }),
    { numRuns: 40 },
  );
});

test.each([true, false])('an envelope cut at any length, or followed by something, does not open (DER: %s)', (isDer) => {
  const envelope = sealForRecipient(der, Buffer.alloc(32, 7), { isDer });
  for (let length = 0; length < envelope.length; length++)
    expect(() => openEnvelope(envelope.subarray(0, length), privateKey), `${length}`).toThrow(CmsError);
  expect(() => openEnvelope(Buffer.concat([envelope, Buffer.from([0])]), privateKey)).toThrow(CmsError);
});

test('an envelope with any byte changed opens to nothing else than a refusal or, in what CBC cannot protect, to other bytes of the key', () => {
  const envelope = sealForRecipient(der, Buffer.alloc(32, 7), { isDer: true });
  for (let at = 0; at < envelope.length; at++) {
    const changed = Buffer.from(envelope);
    changed[at] = (changed[at] ?? 0) ^ 0x41;
    try {
      openEnvelope(changed, privateKey);
    } catch (error) {
      expect(error, `byte ${at}`).toBeInstanceOf(CmsError);
    }
  }
});

test('an envelope for another key, with another hash, or nested without end is refused in little time', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(() => openEnvelope(sealForRecipient(der, Buffer.alloc(32)), other.privateKey)).toThrow(CmsError);
  expect(() => openEnvelope(sealForRecipient(der, Buffer.alloc(32), { hash: 'sha1' }), privateKey)).toThrow(CmsError);
  expect(() => openEnvelope(Buffer.alloc(60_000, Buffer.from([0x30, 0x80])), privateKey)).toThrow(/nested too deeply/);
  expect(() => openEnvelope(Buffer.alloc(100_000), privateKey)).toThrow(/too large/);
  expect(() => openEnvelope(Buffer.from('30847fffffff', 'hex'), privateKey)).toThrow(CmsError);
});

test("requests are signed as AWS's own example says", () => {
  // "get-vanilla" of the AWS Signature Version 4 test suite.
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  const url = new URL('https://example.amazonaws.com/');
  const at = new Date('2015-08-30T12:36:00Z');
  const { authorization } = signRequest(
    { method: 'GET', url, headers: {}, body: '', region: 'us-east-1', service: 'service' },
    credentials,
    at,
  );
  expect(authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});
