// Sign-in by address and password.
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../../errors.ts';
import type { Keyring } from '../../../keys/keyring.ts';

/** OWASP's first choice for argon2id (the package's default algorithm): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** At once: bounds memory, and leaves most of the four threads that Node has for such work to files. */
const AT_ONCE = 2;
const MAX_WAITING = 200;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes the same time where there is no hash to compare with. */
  matches(stored: string | undefined, password: string): Promise<boolean>;
}

/** Hashes and compares passwords, a few at once; the others wait their turn. */
export function createPasswords(): Passwords {
  const inTurn = createGate(AT_ONCE, MAX_WAITING);
  const hashOf = (password: string) => inTurn(() => hash(normalise(password), COST));
  let nobody: Promise<string> | undefined;
  return {
    hash: hashOf,
    async matches(stored, password) {
      nobody ??= hashOf(crypto.randomUUID());
      const expected = stored ?? (await nobody);
      const equal = await inTurn(() => verify(expected, normalise(password)));
      return equal && stored !== undefined;
    },
  };
}

/** By which the same address is found again, whatever its case. */
export function emailIndex(keyring: Keyring, email: string): Uint8Array<ArrayBuffer> {
  return keyring.blindIndex('email', email.trim().normalize('NFKC').toLowerCase());
}

/** Keyboards write the same letters in different code points. */
function normalise(password: string): string {
  return password.normalize('NFKC');
}

function createGate(atOnce: number, maxWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= maxWaiting) throw new AppError('busy');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
