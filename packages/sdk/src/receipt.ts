import { receiptBytes, SignedReceipt } from '@privexbot/contract';

/** The bytes are no receipt, or not one that this identity signed. */
export class ReceiptError extends Error {
  override readonly name = 'ReceiptError';
  readonly code: 'malformed' | 'signature' | 'identity';

  constructor(code: ReceiptError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Checks a downloaded receipt without asking anybody. That its environment is the one meant follows from `identity` alone.
 * @param identity the environment's identity as it is known otherwise: a raw Ed25519 public key, base64url
 * @throws ReceiptError
 */
export async function verifyReceipt(text: string, identity?: string): Promise<SignedReceipt> {
  const parsed = SignedReceipt.safeParse(parseJson(text));
  if (!parsed.success) throw new ReceiptError('malformed', 'This is not a receipt of PrivexBot, or it was changed.');
  const signed = parsed.data;
  if (identity !== undefined && signed.identity !== identity)
    throw new ReceiptError('identity', 'The receipt was signed by another environment than the one you named.');
  if (!(await isSignedBy(signed)))
    throw new ReceiptError('signature', 'The signature does not fit: the receipt was changed, or is not from this environment.');
  return signed;
}

async function isSignedBy({ receipt, identity, signature }: SignedReceipt): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', fromBase64Url(identity), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, fromBase64Url(signature), receiptBytes(receipt));
  } catch {
    return false;
  }
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
