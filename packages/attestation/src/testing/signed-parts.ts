/** The parts of a piece of evidence that somebody signed, each to be altered by itself. */
import { fromHex, toHex } from '../bytes.ts';
import type { Collateral } from '../dcap/collateral.ts';
import { toPem } from '../simulation/authority.ts';
import type { Evidence } from '../verify.ts';
import { parsePem } from '../x509.ts';

export interface SignedPart {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The same evidence with these bytes in the part's place. */
  put(altered: Uint8Array): Evidence;
}

/**
 * Bytes are those that a signature or an anchor covers: the hexadecimal and the line ends around them may be written in several ways.
 * Not among them: what stands behind a quote, and `pck_crl_issuer_chain`, which nobody reads because the quote brings that chain itself.
 */
export function signedPartsOf(evidence: Evidence): SignedPart[] {
  switch (evidence.tee) {
    case 'nitro':
      return [{ name: 'document', bytes: evidence.document, put: (document) => ({ ...evidence, document }) }];
    case 'sev-snp': {
      const { report, certificate, issuers, crl } = evidence;
      return [
        { name: 'report', bytes: report, put: (altered) => ({ ...evidence, report: altered }) },
        ...(certificate
          ? [{ name: 'certificate', bytes: certificate, put: (altered: Uint8Array) => ({ ...evidence, certificate: altered }) }]
          : []),
        ...issuers.map((bytes, index) => ({
          name: `issuer ${index}`,
          bytes,
          put: (altered: Uint8Array) => ({ ...evidence, issuers: issuers.with(index, altered) }),
        })),
        ...(crl ? [{ name: 'crl', bytes: crl, put: (altered: Uint8Array) => ({ ...evidence, crl: altered }) }] : []),
      ];
    }
    default: {
      const { quote, collateral = {} } = evidence;
      const withMember = (name: keyof Collateral, text: string): Evidence => ({ ...evidence, collateral: { ...collateral, [name]: text } });
      return [
        { name: 'quote', bytes: quote.slice(0, quoteLength(quote)), put: (altered) => ({ ...evidence, quote: altered }) },
        ...MEMBERS.flatMap(({ names, read, write }) =>
          names.flatMap((name): SignedPart[] =>
            read(collateral[name] ?? '').map((bytes, index, all) => ({
              name: all.length > 1 ? `${name} ${index}` : name,
              bytes,
              put: (altered) => withMember(name, write(all.with(index, altered))),
            })),
          ),
        ),
      ];
    }
  }
}

interface Form {
  readonly names: readonly (keyof Collateral)[];
  readonly read: (text: string) => Uint8Array[];
  readonly write: (parts: readonly Uint8Array[]) => string;
}

/** How the members of collateral hold their bytes. */
const MEMBERS: readonly Form[] = [
  {
    names: ['tcb_info', 'qe_identity'],
    read: (text) => [new TextEncoder().encode(text)],
    // Latin-1 keeps each changed byte a changed text, where UTF-8 would make one replacement character of many.
    write: ([bytes]) => new TextDecoder('latin1').decode(bytes),
  },
  {
    names: ['tcb_info_signature', 'qe_identity_signature', 'root_ca_crl', 'pck_crl'],
    read: (text) => [fromHex(text)],
    write: ([bytes = new Uint8Array()]) => toHex(bytes),
  },
  { names: ['tcb_info_issuer_chain', 'qe_identity_issuer_chain'], read: parsePem, write: (parts) => toPem(...parts) },
];

/** The quote without what drivers leave behind it. */
export function quoteLength(quote: Uint8Array): number {
  const at = signatureDataAt(quote);
  return at + 4 + new DataView(quote.buffer, quote.byteOffset).getUint32(at, true);
}

/** Where the length of the signature data stands. */
export function signatureDataAt(quote: Uint8Array): number {
  const view = new DataView(quote.buffer, quote.byteOffset);
  const version = view.getUint16(0, true);
  if (version === 5) return 54 + view.getUint32(50, true);
  return 48 + (view.getUint32(4, true) === 0 ? 384 : 584);
}

export function flipBit(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const altered = new Uint8Array(bytes);
  altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return altered;
}
