import { ParseError, toHex } from '../bytes.ts';
import { DerCursor, type DerNode, readDer, readInteger, readOctets, readOid } from '../der.ts';
import type { Certificate } from '../x509.ts';

/** What a PCK certificate says of its processor. */
export interface PckFacts {
  /** Hexadecimal, lower case: processor family and the vendor's certification enclave. */
  readonly fmspc: string;
  readonly pceId: string;
  /** Names the machine; encrypted in some deployments and then not in the certificate. */
  readonly ppid?: string;
  /** The 16 SGX TCB components. */
  readonly components: readonly number[];
  readonly pceSvn: number;
}

const SGX_EXTENSION = '1.2.840.113741.1.13.1';
const COMPONENTS = 16;

/** Reads the SGX extension: Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5. Throws a ParseError. */
export function readPckFacts(certificate: Certificate): PckFacts {
  const extension = certificate.extensions.get(SGX_EXTENSION);
  if (!extension) throw new ParseError('The certificate is not of a processor: it has no SGX extension');
  const fields = readFields(readDer(extension.value));
  const tcb = readFields(required(fields, '2'));
  const ppid = fields.get('1');
  return {
    fmspc: sized(required(fields, '4'), 6),
    pceId: sized(required(fields, '3'), 2),
    ...(ppid ? { ppid: sized(ppid, 16) } : {}),
    components: Array.from({ length: COMPONENTS }, (_, index) => byteValue(required(tcb, `2.${index + 1}`))),
    pceSvn: readInteger(required(tcb, '2.17')),
  };
}

/** Pairs of identifier and value, by the part of the identifier behind that of the SGX extension. */
function readFields(node: DerNode): Map<string, DerNode> {
  const fields = new Map<string, DerNode>();
  const entries = new DerCursor(node);
  while (entries.hasMore) {
    const entry = new DerCursor(entries.next());
    const oid = readOid(entry.next());
    const value = entry.next();
    entry.end();
    if (!oid.startsWith(`${SGX_EXTENSION}.`) || fields.has(oid.slice(SGX_EXTENSION.length + 1)))
      throw new ParseError(`Unexpected SGX field ${oid}`);
    fields.set(oid.slice(SGX_EXTENSION.length + 1), value);
  }
  return fields;
}

function required(fields: ReadonlyMap<string, DerNode>, id: string): DerNode {
  const node = fields.get(id);
  if (!node) throw new ParseError(`The SGX extension lacks field ${id}`);
  return node;
}

function sized(node: DerNode, length: number): string {
  const bytes = readOctets(node);
  if (bytes.length !== length) throw new ParseError(`An SGX field has ${bytes.length} bytes instead of ${length}`);
  return toHex(bytes);
}

function byteValue(node: DerNode): number {
  const value = readInteger(node);
  if (value > 255) throw new ParseError('A TCB component is above 255');
  return value;
}
