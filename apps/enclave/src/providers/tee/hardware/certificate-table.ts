/** The table that a host may give along with an extended SEV-SNP report: AMD 56421 (GHCB), §4.1.8.1. It is the host's word; signatures are what count. */

export type CertificateKind = 'vcek' | 'vlek' | 'ask' | 'ark' | 'crl';

/** The GUID's bytes stand in the order of its text, as AMD's own tools write them. */
const GUIDS: Readonly<Record<string, CertificateKind>> = {
  '63da758de6644564adc5f4b93be8accd': 'vcek',
  a8074bc2a25a483eaae639c045a0b8a1: 'vlek',
  '4ab7b379bbac4fe4a02f05aef327c782': 'ask',
  c0b406a4a803495297433fb6014cd0ae: 'ark',
  '92f81bc358114d3d97ffd19f88dc67ea': 'crl',
};
const ENTRY_BYTES = 24;
const MAX_ENTRIES = 32;

/** What the table holds, by kind; of two of one kind the first. Entries that point outside the table are left out, like unknown ones. */
export function readCertificateTable(table: Uint8Array): Partial<Record<CertificateKind, Uint8Array>> {
  const found: Partial<Record<CertificateKind, Uint8Array>> = {};
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (let at = 0, entries = 0; at + ENTRY_BYTES <= table.length && entries < MAX_ENTRIES; at += ENTRY_BYTES, entries++) {
    const guid = Buffer.from(table.subarray(at, at + 16)).toString('hex');
    if (/^0*$/.test(guid)) break; // The last entry is all zeros.
    const offset = view.getUint32(at + 16, true);
    const length = view.getUint32(at + 20, true);
    const kind = GUIDS[guid];
    if (kind && length > 0 && offset + length <= table.length) found[kind] ??= table.slice(offset, offset + length);
  }
  return found;
}
