/** Writes SEV-SNP reports and certificates of a made-up processor: the wire format is the real one, the root is not. */
import { concatBytes } from '../bytes.ts';
import { OID } from '../sev-snp/endorsement.ts';
import { REPORT_BYTES } from '../sev-snp/report.ts';
import { PRODUCT_FACTS, type Product, TCB_PARTS, type Tcb } from '../sev-snp/tcb.ts';
import type { SevSnpEvidence } from '../sev-snp/verify-sev-snp.ts';
import { createKey, extension, type Issuer, issueCertificate, issueCrl, name, type SigningKey, signRaw } from './authority.ts';
import { der, integer } from './der-writer.ts';

export interface SnpMachine {
  readonly product: Product;
  readonly kind: 'VCEK' | 'VLEK';
  readonly tcb: Tcb;
  readonly chipId: Uint8Array;
  /** DER of the made-up ARK. */
  readonly root: Uint8Array<ArrayBuffer>;
  readonly intermediate: Uint8Array<ArrayBuffer>;
  readonly certificate: Uint8Array<ArrayBuffer>;
  readonly ark: Issuer;
  readonly key: SigningKey;
}

export interface SnpContent {
  readonly version?: number;
  readonly reportData?: Uint8Array;
  readonly measurement?: Uint8Array;
  /** 32 bytes. */
  readonly hostData?: Uint8Array;
  readonly policy?: bigint;
  readonly vmpl?: number;
  /** Levels that the report claims, if not the certificate's. */
  readonly tcb?: Tcb;
  readonly chipId?: Uint8Array;
  /** Bytes that replace the report's own before it is signed, by offset. */
  readonly patches?: Readonly<Record<number, readonly number[]>>;
}

const ASK_SERIAL = 2;
const DAY = 86_400_000;
const YEAR = 365 * DAY;
const CPU = { Milan: [0x19, 0x01], Genoa: [0x19, 0x11], Turin: [0x1a, 0x02] } as const;
const LEVELS: Tcb = { fmc: 1, bootloader: 10, tee: 0, snp: 23, microcode: 84 };

export async function createSnpMachine(at: Date, product: Product, kind: 'VCEK' | 'VLEK' = 'VCEK'): Promise<SnpMachine> {
  const { tcbBytes, chipIdBytes } = PRODUCT_FACTS[product];
  const tcb = Object.fromEntries(TCB_PARTS.flatMap((part) => (part in tcbBytes ? [[part, LEVELS[part]]] : [])));
  const chipId = concatBytes(new Uint8Array(chipIdBytes).fill(0xc5), new Uint8Array(64 - chipIdBytes));
  const ark = { subject: name(`ARK-${product}`), key: await createKey('RSA-PSS') };
  const ask = { subject: name(`SEV-${product}`), key: await createKey('RSA-PSS') };
  const key = await createKey('P-384');
  const certificate = (subject: Uint8Array, of: SigningKey, serial: number) => ({
    subject,
    spki: of.spki,
    serial: Uint8Array.of(serial),
    notBefore: at.getTime() - DAY,
    notAfter: at.getTime() + 7 * YEAR,
  });
  const own =
    kind === 'VCEK' ? { oid: OID.hardwareId, value: chipId.subarray(0, chipIdBytes) } : { oid: OID.provider, value: ia5('simulated') };
  const extensions = [{ oid: OID.product, value: ia5(product) }, own, ...levelsOf(tcb)].map(({ oid, value }) =>
    extension(oid, false, value),
  );
  return {
    product,
    kind,
    tcb,
    chipId,
    root: await issueCertificate(ark, { ...certificate(ark.subject, ark.key, 1), ca: {} }),
    intermediate: await issueCertificate(ark, { ...certificate(ask.subject, ask.key, ASK_SERIAL), ca: {} }),
    certificate: await issueCertificate(ask, { ...certificate(name(`SEV-${kind}`), key, 3), extensions }),
    ark,
    key,
  };
}

export async function writeSnpEvidence(machine: SnpMachine, content: SnpContent = {}): Promise<SevSnpEvidence> {
  const report = new Uint8Array(REPORT_BYTES);
  const view = new DataView(report.buffer);
  const { version = 5, policy = 0x30000n, vmpl = 0, tcb = machine.tcb } = content;
  view.setUint32(0x00, version, true);
  view.setBigUint64(0x08, policy, true);
  view.setUint32(0x30, vmpl, true);
  view.setUint32(0x34, 1, true);
  view.setUint32(0x48, machine.kind === 'VLEK' ? 1 << 2 : 0, true);
  report.set(content.reportData ?? new Uint8Array(64).fill(0xda), 0x50);
  report.set(content.measurement ?? new Uint8Array(48).fill(0x3e), 0x90);
  report.set(content.hostData ?? new Uint8Array(32), 0xc0);
  for (const at of [0x38, 0x180, 0x1e0, 0x1f0]) report.set(packTcb(machine.product, tcb), at);
  if (version >= 3) report.set(CPU[machine.product], 0x188);
  report.set(content.chipId ?? machine.chipId, 0x1a0);
  for (const [at, bytes] of Object.entries(content.patches ?? {})) report.set(bytes, Number(at));
  const signature = await signRaw(machine.key, report.slice(0, 0x2a0));
  report.set(signature.slice(0, 48).reverse(), 0x2a0);
  report.set(signature.slice(48).reverse(), 0x2a0 + 72);
  return { report, certificate: machine.certificate, issuers: [machine.intermediate, machine.root] };
}

/** The ARK's revocation list; with `isAskRevoked` it names the machine's ASK. */
export function writeSnpCrl({ ark }: SnpMachine, from: Date, { isAskRevoked = false } = {}): Promise<Uint8Array<ArrayBuffer>> {
  const revoked = [Uint8Array.of(isAskRevoked ? ASK_SERIAL : ASK_SERIAL + 7)];
  return issueCrl(ark, { thisUpdate: from.getTime(), nextUpdate: from.getTime() + 30 * DAY, revoked });
}

function levelsOf(tcb: Tcb): { oid: string; value: Uint8Array }[] {
  return TCB_PARTS.flatMap((part) => (tcb[part] === undefined ? [] : [{ oid: OID.tcb[part], value: integer(tcb[part]) }]));
}

function ia5(text: string): Uint8Array {
  return der(0x16, new TextEncoder().encode(text));
}

function packTcb(product: Product, tcb: Tcb): Uint8Array {
  const bytes = new Uint8Array(8);
  const { tcbBytes } = PRODUCT_FACTS[product];
  for (const part of TCB_PARTS) if (tcbBytes[part] !== undefined) bytes[tcbBytes[part]] = tcb[part] ?? 0;
  return bytes;
}
