import type { JWK } from 'jose';

const MIN_BITS = 2_048;
const GENERATOR = 65_537;
/** The first primes: moduli of the ROCA library are powers of 65537 modulo each of them (CVE-2017-15361, Nemec et al. 2017, §3.1). */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139,
  149, 151, 157, 163, 167,
];
const POWERS = new Map(PRIMES.map((prime) => [prime, powersModulo(prime)]));

/** Whether signatures by this key may be anybody's: too short, an exponent that changes nothing, or a modulus known to fall apart. */
export function isWeakRsaKey({ n = '', e = '' }: JWK): boolean {
  const [modulus, exponent] = [toNumber(n), toNumber(e)];
  if (modulus.toString(2).length < MIN_BITS || exponent < 3n || exponent % 2n === 0n) return true;
  return PRIMES.every((prime) => POWERS.get(prime)?.has(Number(modulus % BigInt(prime))));
}

function powersModulo(prime: number): Set<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * GENERATOR) % prime) powers.add(power);
  return powers;
}

function toNumber(base64url: string): bigint {
  return BigInt(`0x0${Buffer.from(base64url, 'base64url').toString('hex')}`);
}
