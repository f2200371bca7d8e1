/**
 * The `aws-kms` source: AWS KMS makes and opens epoch keys, and answers only to an attested Nitro enclave. Each request
 * brings an attestation document with a public key of this process (`Recipient`, KMS API reference); what comes back is
 * encrypted to that key, so neither the host nor the network sees it. The wrapped keys lie here.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { NOTHING_CHANGED, RootKeyProblem, type RootKeySource } from '../root-key.ts';
import { CmsError, openEnvelope } from './cms.ts';
import { callKeyService, readString } from './http.ts';
import { type AwsCredentials, signRequest } from './sigv4.ts';
import { openWrappedKeys } from './wrapped-keys.ts';
import type { WrappedStore } from './wrapped-store.ts';

export interface AwsKmsSettings {
  readonly arn: string;
  readonly region: string;
  /** Origin of the service, or of a proxy to it. */
  readonly endpoint: string;
  readonly store: WrappedStore;
  /** JSON as `credential_process` writes it; read anew for each use, since it expires. */
  readonly credentials: () => Promise<Uint8Array>;
  /** A Nitro attestation document with this public key (DER, SubjectPublicKeyInfo) in its `public_key`. */
  readonly attest: (publicKey: Uint8Array) => Promise<Uint8Array>;
  readonly now: () => Date;
  readonly patienceMs?: number;
}

/** What KMS says in `__type`, by what it means. */
const MEANINGS: readonly (readonly [RegExp, ConstructorParameters<typeof RootKeyProblem>[0], string])[] = [
  [
    /^AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|IncompleteSignature|InvalidSignature|SignatureDoesNotMatch/,
    'refused',
    "refuses this enclave or its credentials. Check the key's policy (kms:RecipientAttestation), the clock, and the file that PRIVEXBOT_ROOT_KEY_SECRET_FILE names.",
  ],
  [
    /^NotFound|^Disabled|^KMSInvalidState/,
    'refused',
    'does not have this key, or it is disabled or about to be deleted. Check PRIVEXBOT_ROOT_KEY, and enable the key.',
  ],
  [/Throttling|LimitExceeded|InternalException|Timeout|Unavailable/, 'unreachable', 'is overloaded or down. Try again.'],
];

export function openAwsKms({ arn, region, endpoint, store, credentials, attest, now, patienceMs }: AwsKmsSettings): RootKeySource {
  const name = `AWS KMS in ${region}`;
  let pair: Promise<{ publicKey: KeyObject; privateKey: KeyObject }> | undefined;
  const call = async (
    operation: 'GenerateDataKey' | 'Decrypt',
    input: object,
  ): Promise<{ body: unknown; secret: Uint8Array } | 'not ours'> => {
    pair ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const { publicKey, privateKey } = await pair;
    const document = await attest(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })));
    const recipient = { AttestationDocument: toBase64(document), KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' };
    const body = JSON.stringify({ KeyId: arn, ...input, Recipient: recipient });
    const url = new URL('/', endpoint);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` };
    const signed = signRequest(
      { method: 'POST', url, headers, body, region, service: 'kms' },
      parseCredentials(await credentials()),
      now(),
    );
    const answer = await callKeyService({ name, method: 'POST', url: url.href, headers: signed, body }, patienceMs);
    if (answer.status !== 200) {
      const type = (readString(answer.body, '__type') ?? '').replace(/^.*#/, '');
      if (type === 'InvalidCiphertextException' || type === 'IncorrectKeyException') return 'not ours';
      throw explain(name, answer.status, type);
    }
    if (readString(answer.body, 'Plaintext'))
      throw new RootKeyProblem(
        'damaged',
        `${name} sent a key in clear: it did not see an enclave. That key is not used. ${NOTHING_CHANGED}`,
      );
    try {
      return { body: answer.body, secret: openEnvelope(fromBase64(readString(answer.body, 'CiphertextForRecipient')), privateKey) };
    } catch (cause) {
      if (!(cause instanceof CmsError)) throw cause;
      throw new RootKeyProblem('damaged', `${name} gave an answer that does not open. ${NOTHING_CHANGED}`, { cause });
    }
  };
  return openWrappedKeys({
    kind: 'aws-kms',
    store,
    async make(use) {
      const made = await call('GenerateDataKey', { KeySpec: 'AES_256', EncryptionContext: contextOf(use) });
      if (made === 'not ours') throw explain(name, 400, '');
      return { secret: made.secret, wrapped: fromBase64(readString(made.body, 'CiphertextBlob')) };
    },
    async open(use, sealed) {
      const opened = await call('Decrypt', { CiphertextBlob: toBase64(sealed), EncryptionContext: contextOf(use) });
      return opened === 'not ours' ? undefined : opened.secret;
    },
  });
}

/** Authenticated by KMS with the ciphertext, and written to its log: it names the use, nothing else. */
function contextOf(use: string) {
  return { 'privexbot:use': use };
}

function explain(name: string, status: number, type: string): RootKeyProblem {
  const [, failure = status >= 500 ? 'unreachable' : 'refused', text = `answered with status ${status}.`] =
    MEANINGS.find(([pattern]) => pattern.test(type)) ?? [];
  return new RootKeyProblem(failure, `${name} ${text} ${NOTHING_CHANGED}`);
}

function parseCredentials(bytes: Uint8Array): AwsCredentials {
  try {
    const given = JSON.parse(Buffer.from(bytes).toString()) as unknown;
    const [accessKeyId, secretAccessKey] = [readString(given, 'AccessKeyId'), readString(given, 'SecretAccessKey')];
    const sessionToken = readString(given, 'SessionToken');
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  } catch {
    // Said below, without what the file holds.
  }
  throw new RootKeyProblem(
    'damaged',
    `The file that PRIVEXBOT_ROOT_KEY_SECRET_FILE names holds no AWS credentials: JSON with AccessKeyId and SecretAccessKey is expected. ${NOTHING_CHANGED}`,
  );
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function fromBase64(text = ''): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
