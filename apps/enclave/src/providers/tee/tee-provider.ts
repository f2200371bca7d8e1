import type { Evidence, Tee } from '@privexbot/attestation';

/** What the settings may name. `dstack` and `secretvm` are TDX machines whose image starts us and keeps the log of what it started. */
export const TEE_KINDS = [
  'simulated-tdx',
  'simulated-sev-snp',
  'simulated-nitro',
  'tdx',
  'sev-snp',
  'nitro',
  'sgx',
  'dstack',
  'secretvm',
] as const;
export type TeeKind = (typeof TEE_KINDS)[number];
export type SimulatedKind = Extract<TeeKind, `simulated-${string}`>;

/** The processor's word on what runs here, or a simulation of it in the same wire formats. */
export interface TeeProvider extends AsyncDisposable {
  readonly kind: TeeKind;
  readonly tee: Tee;
  readonly isSimulated: boolean;
  /**
   * Evidence that binds `reportData`.
   * @param reportData 64 bytes
   * @param nonce 32 bytes that Nitro repeats; the others have no place for it
   */
  attest(reportData: Uint8Array, nonce?: Uint8Array): Promise<Evidence>;
  /** Nitro alone: a document that carries a public key (DER), to which a key service encrypts what only this enclave is to have. */
  attestKey?(publicKey: Uint8Array): Promise<Uint8Array>;
  /** Changes when what the vendor says about the processor is renewed; part of the channel's generation. */
  readonly collateralVersion: string;
  /** Registers as they are measured now, in hexadecimal: the measurement of a release entry. */
  readonly registers: Readonly<Record<string, string>>;
}

export function isSimulatedKind(kind: TeeKind): kind is SimulatedKind {
  return kind.startsWith('simulated-');
}
