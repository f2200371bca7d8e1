import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Receipt, ROOT_KEY_SOURCES, type RootKeySourceKind, receiptBytes, type SignedReceipt } from '@privexbot/contract';

interface Destruction
  extends Pick<Receipt, 'id' | 'epochs' | 'newEpoch' | 'startedAt' | 'destroyedAt' | 'keysRewrapped' | 'backupsExpireAt'> {
  readonly source: RootKeySourceKind;
}

/** Says what was destroyed, and what that does not cover, under the environment's identity. */
export function signReceipt(destruction: Destruction, identity: KeyObject): SignedReceipt {
  const { backupsExpireAt, source } = destruction;
  const receipt: Receipt = {
    v: 1,
    method: 'epoch-key-destroyed',
    ...destruction,
    limits: [ROOT_KEY_SOURCES[source].limit, backupsExpireAt ? BACKUPS_GIVEN : BACKUPS_UNKNOWN, COPIES],
  };
  const { x } = createPublicKey(identity).export({ format: 'jwk' });
  const signature = sign(null, receiptBytes(receipt), identity).toString('base64url');
  return { format: 'privexbot-receipt-1', receipt, identity: x ?? '', signature };
}

const BACKUPS_GIVEN =
  'When backups expire was stated by an Admin and not checked. Backups of the root key itself, made before the destruction, open what is wrapped under it.';
const BACKUPS_UNKNOWN =
  'When the last backup expires is not known. Backups of the root key itself, made before the destruction, open what is wrapped under it.';
const COPIES = 'What was sent elsewhere before, to people, models or other services, is out of reach.';
