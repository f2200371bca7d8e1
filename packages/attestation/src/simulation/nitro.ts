/** Writes Nitro attestation documents of a made-up hypervisor: the wire format is the real one, the root is not. */
import { encode } from 'cborg';
import { sigStructure } from '../nitro/document.ts';
import { createKey, type Issuer, issueCertificate, name, signRaw } from './authority.ts';

export interface NitroMachine {
  /** DER of the made-up root. */
  readonly root: Uint8Array<ArrayBuffer>;
  readonly intermediate: Uint8Array<ArrayBuffer>;
  readonly issuer: Issuer;
}

export interface NitroContent {
  readonly at: Date;
  readonly pcrs?: ReadonlyMap<number, Uint8Array>;
  readonly userData?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly publicKey?: Uint8Array;
  /** Fields that replace the document's own, for documents that must be refused. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

export async function createNitroMachine(at: Date): Promise<NitroMachine> {
  const root = { subject: name('simulated.nitro-enclaves'), key: await createKey('P-384') };
  const issuer = { subject: name('simulated.instance'), key: await createKey('P-384') };
  const authority = (of: Issuer, serial: number) => ({
    subject: of.subject,
    spki: of.key.spki,
    serial: Uint8Array.of(serial),
    notBefore: at.getTime() - HOUR,
    notAfter: at.getTime() + 10 * YEAR,
    ca: {},
  });
  return {
    root: await issueCertificate(root, authority(root, 1)),
    intermediate: await issueCertificate(root, authority(issuer, 2)),
    issuer,
  };
}

/** A document signed by a fresh key that lives for three hours, as the hypervisor's do. */
export async function writeNitroDocument(
  { root, intermediate, issuer }: NitroMachine,
  content: NitroContent,
): Promise<Uint8Array<ArrayBuffer>> {
  const { at, pcrs, userData = null, nonce = null, publicKey = null, fields = {} } = content;
  const key = await createKey('P-384');
  const certificate = await issueCertificate(issuer, {
    subject: name('simulated.enclave'),
    spki: key.spki,
    serial: Uint8Array.of(3),
    notBefore: at.getTime() - 1000,
    notAfter: at.getTime() + 3 * HOUR,
  });
  const document = {
    module_id: 'i-0000000000000000-enc0000000000000000',
    digest: 'SHA384',
    timestamp: at.getTime(),
    pcrs: pcrs ?? new Map([0, 1, 2].map((index) => [index, new Uint8Array(48).fill(index + 1)])),
    certificate,
    cabundle: [root, intermediate],
    public_key: publicKey,
    user_data: userData,
    nonce,
    ...fields,
  };
  const header = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);
  const payload = encode(document);
  const signature = await signRaw(key, sigStructure(header, payload));
  return Uint8Array.from(encode([header, new Map(), payload, signature]));
}
