import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParseError } from '../bytes.ts';
import type { Evidence } from '../verify.ts';
import { decodeEvidence, type EvidenceDocument, encodeEvidence } from './evidence-document.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.string({ maxLength: 20 });
const collateral = fc.record({ tcb_info: text, pck_crl: text, qe_identity_signature: text }, { requiredKeys: [] });
const eventLog = fc.oneof(
  fc.record({ kind: fc.constant('tcg' as const), log: bytes }),
  fc.record({ kind: fc.constant('dstack' as const), log: text, appCompose: text }, { requiredKeys: ['kind', 'log'] }),
  fc.record(
    { kind: fc.constant('secretvm' as const), compose: bytes, rootfs: bytes, files: bytes },
    { requiredKeys: ['kind', 'compose', 'rootfs'] },
  ),
);
const evidence: fc.Arbitrary<Evidence> = fc.oneof(
  fc.record(
    { tee: fc.constantFrom('tdx' as const, 'sgx' as const), quote: bytes, collateral, eventLog },
    { requiredKeys: ['tee', 'quote'] },
  ),
  fc.record(
    { tee: fc.constant('sev-snp' as const), report: bytes, certificate: bytes, issuers: fc.array(bytes, { maxLength: 3 }), crl: bytes },
    { requiredKeys: ['tee', 'report', 'issuers'] },
  ),
  fc.record({ tee: fc.constant('nitro' as const), document: bytes }),
);
const documents: fc.Arbitrary<EvidenceDocument> = fc.record({ evidence, launchManifest: bytes });

function refused(encoded: Uint8Array): boolean {
  try {
    decodeEvidence(encoded);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    return true;
  }
}

test('every kind of evidence is read as it was written', () => {
  fc.assert(
    fc.property(documents, (document) => {
      expect(decodeEvidence(encodeEvidence(document))).toEqual(document);
    }),
  );
});

test('cut anywhere it is refused, and no changed bit leaves the same document', () => {
  fc.assert(
    fc.property(documents, fc.nat(), (document, place) => {
      const encoded = encodeEvidence(document);
      expect(refused(encoded.slice(0, place % encoded.length))).toBe(true);
      const altered = encoded.map((byte, at) => (at === place % encoded.length ? byte ^ (1 << (place % 8)) : byte));
      if (!refused(altered)) expect(decodeEvidence(altered)).not.toEqual(document);
    }),
  );
});

const NITRO = '{"document":"AAEC","launchManifest":"e30","tee":"nitro","v":1}';

test.each([
  ['an unknown member', NITRO.replace('"tee"', '"more":1,"tee"')],
  ['a member of another kind', NITRO.replace('"tee"', '"quote":"AA","tee"')],
  ['a missing member', '{"launchManifest":"e30","tee":"nitro","v":1}'],
  ['no launch manifest', '{"document":"AAEC","tee":"nitro","v":1}'],
  ['another version', NITRO.replace('"v":1', '"v":2')],
  ['no version', NITRO.replace(',"v":1', '')],
  ['an unknown kind', NITRO.replace('nitro', 'other')],
  ['padding', NITRO.replace('e30', 'e30=')],
  ['stray bits', NITRO.replace('e30', 'e31')],
  ['the other alphabet', NITRO.replace('AAEC', 'AA+/')],
  ['an impossible length', NITRO.replace('AAEC', 'AAECA')],
  ['bytes as a number', NITRO.replace('"AAEC"', '1')],
  ['four issuers', '{"issuers":["","","",""],"launchManifest":"","report":"","tee":"sev-snp","v":1}'],
  ['issuers that are no list', '{"issuers":{},"launchManifest":"","report":"","tee":"sev-snp","v":1}'],
  ['unknown collateral', '{"collateral":{"other":""},"launchManifest":"","quote":"","tee":"tdx","v":1}'],
  ['collateral that is no text', '{"collateral":{"tcb_info":1},"launchManifest":"","quote":"","tee":"tdx","v":1}'],
  ['an unknown log', '{"eventLog":{"kind":"other"},"launchManifest":"","quote":"","tee":"tdx","v":1}'],
  ['a log without a kind', '{"eventLog":{},"launchManifest":"","quote":"","tee":"tdx","v":1}'],
])('%s is refused', (_, json) => {
  expect(refused(new TextEncoder().encode(NITRO))).toBe(false);
  expect(refused(new TextEncoder().encode(json))).toBe(true);
});

test('more than a mebibyte is neither written nor read', () => {
  const document = new Uint8Array(800_000);
  expect(() => encodeEvidence({ evidence: { tee: 'nitro', document }, launchManifest: document.slice(0, 1) })).toThrow(RangeError);
  expect(refused(new TextEncoder().encode(NITRO.replace('AAEC', 'AAAA'.repeat(270_000))))).toBe(true);
});
