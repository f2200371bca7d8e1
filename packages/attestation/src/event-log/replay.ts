/** Runtime measurement registers: Intel TDX Module ABI, TDG.MR.RTMR.EXTEND. */
import { ParseError } from '../bytes.ts';

export const RTMR_BYTES = 48;

export async function sha384(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-384', new Uint8Array(bytes)));
}

/** The register after these digests were extended into it, in order. Shorter digests are filled up with zeros, as Linux does. */
export async function replayRegister(digests: Iterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  let register = new Uint8Array(RTMR_BYTES);
  for (const digest of digests) {
    if (digest.length > RTMR_BYTES) throw new ParseError('a digest is longer than the register');
    const extended = new Uint8Array(2 * RTMR_BYTES);
    extended.set(register);
    extended.set(digest, RTMR_BYTES);
    register = await sha384(extended);
  }
  return register;
}
