/** The key encapsulations of docs/secure-channel.md §2, by their number on the wire. */
export const SUITES = {
  1: { name: 'X-Wing', publicKeyBytes: 1216, ciphertextBytes: 1120 },
  2: { name: 'X25519', publicKeyBytes: 32, ciphertextBytes: 32 },
} as const;

export type SuiteId = keyof typeof SUITES;
export const RESUMPTION_SUITE: SuiteId = 2;

export function isSuiteId(id: number): id is SuiteId {
  return Object.hasOwn(SUITES, id);
}
