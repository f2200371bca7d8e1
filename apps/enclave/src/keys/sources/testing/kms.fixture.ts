/**
 * A stand-in for AWS KMS with Nitro recipients, from the KMS API reference and RFC 5652: signatures are checked, keys made
 * and opened, and answers encrypted to the public key of a verified attestation document, in BER as KMS writes it. The document
 * is of a simulated enclave; KMS itself was never run against this code.
 */
import { constants, createCipheriv, createDecipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { anchorsFromPem, verifyEvidence } from '@privexbot/attestation';
import { createNitroMachine, toPem, writeNitroDocument } from '@privexbot/attestation/simulation';
import { openAwsKms } from '../aws-kms.ts';
import { signRequest } from '../sigv4.ts';
import { fileWrappedStore, type WrappedStore } from '../wrapped-store.ts';
import { type Harness, makeFolder } from './harness.fixture.ts';
import { type KeyServer, startKeyServer } from './key-server.fixture.ts';

export interface FakeKms extends Harness {
  readonly server: KeyServer;
  /** The file of wrapped keys, unless another store was given. */
  readonly wrapped: string;
  readonly store: WrappedStore;
  /** What the enclave's security module says about a key. */
  attest(publicKey: Uint8Array): Promise<Uint8Array>;
  /** Whether KMS believes the attestation. */
  isAttested: boolean;
}

export const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const CREDENTIALS = {
  AccessKeyId: 'AKIDEXAMPLE',
  SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  SessionToken: 'session-token',
};
const NOW = new Date('2026-11-28T12:00:00Z');
const PCRS = new Map([0, 1, 2].map((index) => [index, new Uint8Array(48).fill(index + 1)]));

export async function startFakeKms(store?: WrappedStore): Promise<FakeKms> {
  await using stack = new AsyncDisposableStack();
  const wrapped = join(await makeFolder(stack), 'data.epochs');
  const master = randomBytes(32);
  const machine = await createNitroMachine(NOW);
  const anchors = anchorsFromPem(toPem(machine.root));
  const refuse = (type: string) => ({ status: 400, body: { __type: type, message: 'as KMS says it' } });
  const server = stack.use(
    await startKeyServer(async ({ path, headers, body }) => {
      const url = new URL(path, server.url);
      const credentials = {
        accessKeyId: CREDENTIALS.AccessKeyId,
        secretAccessKey: CREDENTIALS.SecretAccessKey,
        sessionToken: CREDENTIALS.SessionToken,
      };
      const target = String(headers['x-amz-target']);
      const signedHeaders = { 'content-type': String(headers['content-type']), 'x-amz-target': target };
      const expected = signRequest(
        { method: 'POST', url, headers: signedHeaders, body, region: 'eu-central-1', service: 'kms' },
        credentials,
        NOW,
      );
      if (headers.authorization !== expected.authorization) return refuse('InvalidSignatureException');
      const input = JSON.parse(body) as Record<string, string> & { Recipient?: { AttestationDocument: string }; EncryptionContext: object };
      const aad = Buffer.from(JSON.stringify(input.EncryptionContext));
      if (!kms.isAttested || !input.Recipient) return refuse('AccessDeniedException');
      if (input.KeyId !== ARN) return refuse('com.amazonaws.kms#NotFoundException');
      const document = new Uint8Array(Buffer.from(input.Recipient.AttestationDocument, 'base64'));
      const { checks, claims } = await verifyEvidence({ tee: 'nitro', document }, { at: NOW.getTime(), anchors });
      const isGenuine = ['chain', 'signature'].every((id) => checks.some((check) => check.id === id && check.status === 'passed'));
      if (!isGenuine) return refuse('AccessDeniedException');
      const recipient = Buffer.from(String(claims?.details.public_key), 'hex');
      if (target === 'TrentService.GenerateDataKey') {
        const key = randomBytes(32);
        const nonce = randomBytes(12);
        const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(aad);
        const blob = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString('base64');
        return {
          status: 200,
          body: { KeyId: ARN, CiphertextBlob: blob, CiphertextForRecipient: sealForRecipient(recipient, key).toString('base64') },
        };
      }
      const blob = Buffer.from(input.CiphertextBlob ?? '', 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', master, blob.subarray(0, 12), { authTagLength: 16 })
          .setAAD(aad)
          .setAuthTag(blob.subarray(-16));
        const key = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
        return { status: 200, body: { KeyId: ARN, CiphertextForRecipient: sealForRecipient(recipient, key).toString('base64') } };
      } catch {
        return refuse('InvalidCiphertextException');
      }
    }),
  );
  const owned = stack.move();
  const kms: FakeKms = {
    server,
    wrapped,
    store: store ?? fileWrappedStore(wrapped, true),
    attest: (publicKey) => writeNitroDocument(machine, { at: NOW, pcrs: PCRS, publicKey }),
    isAttested: true,
    secrets: Object.values(CREDENTIALS),
    open: async () => openFakeKms(kms),
    takeAway: async () => server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return kms;
}

export function openFakeKms({ server, store, attest }: FakeKms, credentials: unknown = CREDENTIALS, arn = ARN) {
  return openAwsKms({
    arn,
    region: 'eu-central-1',
    endpoint: server.url,
    store,
    credentials: async () => Buffer.from(JSON.stringify(credentials)),
    attest,
    now: () => NOW,
    patienceMs: 5_000,
  });
}

export interface EnvelopeShape {
  /** Definite lengths and octets in one piece (DER), where BER is the default. */
  readonly isDer?: boolean;
  readonly hash?: string;
}

/** CMS EnvelopedData for the holder of an RSA key, written independently of the reader. */
export function sealForRecipient(
  publicKeyDer: Uint8Array,
  content: Uint8Array,
  { isDer = false, hash = 'sha256' }: EnvelopeShape = {},
): Buffer {
  const publicKey = createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' });
  const [key, iv] = [randomBytes(32), randomBytes(16)];
  const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, key);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
  const sha256 = tlv(0x30, oid('608648016503040201'), Buffer.from('0500', 'hex'));
  const oaep = tlv(0x30, oid('2a864886f70d010107'), tlv(0x30, tlv(0xa0, sha256), tlv(0xa1, tlv(0x30, oid('2a864886f70d010108'), sha256))));
  const version = Buffer.from('020102', 'hex');
  const recipient = tlv(0x30, version, tlv(0x80, randomBytes(20)), oaep, tlv(0x04, encryptedKey));
  const algorithm = tlv(0x30, oid('60864801650304012a'), tlv(0x04, iv));
  const wrap = isDer ? tlv : indefinite;
  const parts = [tlv(0x04, ciphertext.subarray(0, 16)), tlv(0x04, ciphertext.subarray(16))];
  const encrypted = isDer ? tlv(0x80, ciphertext) : indefinite(0xa0, ...parts);
  const data = wrap(0x30, version, tlv(0x31, recipient), wrap(0x30, oid('2a864886f70d010701'), algorithm, encrypted));
  return wrap(0x30, oid('2a864886f70d010703'), wrap(0xa0, data));
}

function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
}

function indefinite(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Uint8Array.of(tag, 0x80), ...contents, Uint8Array.of(0, 0)]);
}
