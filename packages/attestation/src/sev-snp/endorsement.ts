/** What AMD says of a processor in the certificate of its key: AMD 57230 §3, Table 8 (VCEK) and Table 10 (VLEK). */
import { ParseError } from '../bytes.ts';
import { readDer, readInteger, requireTag, TAG } from '../der.ts';
import type { Certificate } from '../x509.ts';
import type { SigningKey } from './report.ts';
import { PRODUCT_FACTS, PRODUCTS, type Product, type Tcb, type TcbPart } from './tcb.ts';

export interface Endorsement {
  /** VCEK: the key of one chip. VLEK: the key of a cloud provider, shared by its machines. */
  readonly kind: SigningKey;
  readonly product: Product;
  /** Firmware levels for which AMD derived the key. */
  readonly tcb: Tcb;
  /** The chip's id; VCEK only. */
  readonly hardwareId?: Uint8Array;
}

const AMD = '1.3.6.1.4.1.3704.1';
export const OID = {
  product: `${AMD}.2`,
  hardwareId: `${AMD}.4`,
  /** The provider's name: only a VLEK has it. */
  provider: `${AMD}.5`,
  tcb: { bootloader: `${AMD}.3.1`, tee: `${AMD}.3.2`, snp: `${AMD}.3.3`, microcode: `${AMD}.3.8`, fmc: `${AMD}.3.9` } satisfies Record<
    TcbPart,
    string
  >,
} as const;

const IA5_STRING = 0x16;

/** Names in certificates that are not the product's own: Siena and Bergamo are Genoa's family. */
const ALIASES: Partial<Record<string, Product>> = { Siena: 'Genoa', Bergamo: 'Genoa' };

/** Throws a ParseError if an extension is missing or malformed. */
export function readEndorsement(certificate: Certificate): Endorsement {
  const value = (oid: string) => {
    const extension = certificate.extensions.get(oid);
    if (!extension) throw new ParseError(`The certificate lacks the extension ${oid}`);
    return extension.value;
  };
  const product = readProduct(value(OID.product));
  const { tcbBytes, chipIdBytes } = PRODUCT_FACTS[product];
  const levels = Object.keys(tcbBytes) as TcbPart[]; // The keys of a literal; Object.keys forgets them.
  const tcb: Tcb = Object.fromEntries(levels.map((part) => [part, readInteger(readDer(value(OID.tcb[part])))]));
  if (certificate.extensions.has(OID.provider)) return { kind: 'VLEK', product, tcb };
  return { kind: 'VCEK', product, tcb, hardwareId: readHardwareId(value(OID.hardwareId), chipIdBytes) };
}

/** `Milan-B0`: product and stepping. */
function readProduct(value: Uint8Array): Product {
  const name = new TextDecoder().decode(requireTag(readDer(value), IA5_STRING).content).split('-')[0] ?? '';
  const product = PRODUCTS.find((known) => known === name) ?? ALIASES[name];
  if (!product) throw new ParseError('The certificate is of a processor that is not known');
  return product;
}

/** The id stands bare in the extension, though the document calls it an OCTET STRING; both are read. */
function readHardwareId(value: Uint8Array, length: number): Uint8Array {
  const id = value.length === length ? value : requireTag(readDer(value), TAG.octetString).content;
  if (id.length !== length) throw new ParseError(`The hardware id has ${id.length} bytes instead of ${length}`);
  return id;
}
