// A passkey on a device, in software: what a browser and an authenticator answer (WebAuthn Level 3), and what a dishonest one might.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** The parts of the options that matter here. */
interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
}
interface RequestOptions {
  readonly challenge: string;
  readonly rpId?: string;
}

/** What to do otherwise than an honest browser would. */
export interface Twist {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly userVerified?: boolean;
  /** What the authenticator says that it counted. */
  readonly counter?: number;
  readonly userHandle?: string;
  readonly flipSignature?: boolean;
}

export interface Authenticator {
  readonly credential: string;
  create(options: object, twist?: Twist): RegistrationAnswer;
  get(options: object, twist?: Twist): AssertionAnswer;
}

export interface RegistrationAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly clientExtensionResults: Record<string, unknown>;
  readonly response: { readonly clientDataJSON: string; readonly attestationObject: string; readonly transports: string[] };
}

export interface AssertionAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly clientExtensionResults: Record<string, unknown>;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle: string;
  };
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

/** One passkey at one site, whose pages have that origin. It counts its signatures. */
export function createAuthenticator(origin: string): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  const credential = text(id);
  let handle = '';
  let counter = 0;
  const common = { id: credential, rawId: credential, type: 'public-key', clientExtensionResults: {} } as const;
  return {
    credential,
    create(options, twist = {}) {
      const { challenge, rp, user } = options as CreationOptions;
      handle = user.id;
      const data = authenticatorData(twist.rpId ?? rp.id ?? '', HAS_CREDENTIAL, twist, ++counter);
      // WebAuthn §6.5.1: AAGUID, length and id of the credential, its key.
      const attested = Buffer.concat([data, Buffer.alloc(16), uint16(id.length), id, coseKey(publicKey)]);
      const clientDataJSON = text(clientData('webauthn.create', challenge, origin, twist));
      return { ...common, response: { clientDataJSON, attestationObject: text(attestation(attested)), transports: ['internal'] } };
    },
    get(options, twist = {}) {
      const { challenge, rpId = '' } = options as RequestOptions;
      const data = authenticatorData(twist.rpId ?? rpId, 0, twist, ++counter);
      const client = clientData('webauthn.get', challenge, origin, twist);
      const signed = sign('sha256', Buffer.concat([data, createHash('sha256').update(client).digest()]), privateKey);
      if (twist.flipSignature) signed[signed.length - 1] = (signed.at(-1) ?? 0) ^ 1;
      return {
        ...common,
        response: {
          clientDataJSON: text(client),
          authenticatorData: text(data),
          signature: text(signed),
          userHandle: twist.userHandle ?? handle,
        },
      };
    },
  };
}

function clientData(type: string, challenge: string, origin: string, twist: Twist): Buffer {
  const said = { type: twist.type ?? type, challenge: twist.challenge ?? challenge, origin: twist.origin ?? origin, crossOrigin: false };
  return Buffer.from(JSON.stringify(said));
}

/** WebAuthn §6.1: hash of the relying party's id, flags, counter. */
function authenticatorData(rpId: string, more: number, { userVerified = true, counter }: Twist, counted: number): Buffer {
  const flags = USER_PRESENT | (userVerified ? USER_VERIFIED : 0) | more;
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter ?? counted);
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.of(flags), count]);
}

/** RFC 9053 §7.1.1 for P-256 and ES256, in CBOR. */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const part = (label: number, bytes: string) => Buffer.concat([Buffer.of(label, 0x58, 32), Buffer.from(bytes, 'base64url')]);
  return Buffer.concat([Buffer.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01), part(0x21, x), part(0x22, y)]);
}

/** WebAuthn §8.7: `{ fmt: "none", attStmt: {}, authData }` in CBOR. */
function attestation(data: Buffer): Buffer {
  const name = (of: string) => Buffer.concat([Buffer.of(0x60 + of.length), Buffer.from(of)]);
  return Buffer.concat([
    Buffer.of(0xa3),
    name('fmt'),
    name('none'),
    name('attStmt'),
    Buffer.of(0xa0),
    name('authData'),
    Buffer.of(0x59),
    uint16(data.length),
    data,
  ]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
