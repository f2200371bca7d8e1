/** Security version numbers of the parts of an AMD processor's firmware: AMD 56860 §2.2 and Table 3, AMD 57230 §3. */

export const TCB_PARTS = ['fmc', 'bootloader', 'tee', 'snp', 'microcode'] as const;
export type TcbPart = (typeof TCB_PARTS)[number];

/** A part that the product doesn't have is absent. */
export type Tcb = { readonly [part in TcbPart]?: number };

export const PRODUCTS = ['Milan', 'Genoa', 'Turin'] as const;
export type Product = (typeof PRODUCTS)[number];

interface ProductFacts {
  /** Byte of each part in the 64-bit TCB_VERSION. */
  readonly tcbBytes: { readonly [part in TcbPart]?: number };
  /** How many bytes of CHIP_ID are the hardware id; the others are zero. */
  readonly chipIdBytes: number;
  /** CPUID as reports of version 3 and later carry it: family, and models up to the given one. */
  readonly family: number;
  readonly models: readonly [first: number, last: number];
}

const ZEN3_TCB = { bootloader: 0, tee: 1, snp: 6, microcode: 7 };

export const PRODUCT_FACTS: Readonly<Record<Product, ProductFacts>> = {
  Milan: { tcbBytes: ZEN3_TCB, chipIdBytes: 64, family: 0x19, models: [0x00, 0x0f] },
  // Genoa's range holds Bergamo and Siena, which share its certificates.
  Genoa: { tcbBytes: ZEN3_TCB, chipIdBytes: 64, family: 0x19, models: [0x10, 0xaf] },
  Turin: { tcbBytes: { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 }, chipIdBytes: 8, family: 0x1a, models: [0x00, 0x1f] },
};

/** Reads the eight bytes of a TCB_VERSION in the layout of the product. */
export function readTcb(product: Product, bytes: Uint8Array): Tcb {
  const places = Object.entries(PRODUCT_FACTS[product].tcbBytes);
  return Object.fromEntries(places.map(([part, at]) => [part, bytes[at]]));
}

/** Parts in which `tcb` is below the floor; a floor for a part that the product doesn't have is not met. */
export function partsBelow(tcb: Tcb, floor: Tcb): TcbPart[] {
  return TCB_PARTS.filter((part) => (floor[part] ?? 0) > (tcb[part] ?? 0));
}

export function tcbText(tcb: Tcb): string {
  return TCB_PARTS.flatMap((part) => (tcb[part] === undefined ? [] : `${part} ${tcb[part]}`)).join(', ');
}

/** The product named by CPUID family and model, if it is one that is known here. */
export function productOfCpu(family: number, model: number): Product | undefined {
  return PRODUCTS.find((product) => {
    const { family: wanted, models } = PRODUCT_FACTS[product];
    return family === wanted && model >= models[0] && model <= models[1];
  });
}
