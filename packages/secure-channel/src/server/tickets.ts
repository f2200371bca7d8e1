import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ChannelError } from '../errors.ts';
import { concat, equalBytes } from '../protocol/bytes.ts';
import { SESSION_MAX_MS, TICKET_IDLE_MS } from '../protocol/constants.ts';
import { nativeHashes } from './hashes.ts';

export interface TicketContent {
  readonly psk: Uint8Array;
  /** When the full handshake was, ms since the epoch. */
  readonly openedAt: number;
}

export interface Tickets {
  issue(content: TicketContent, generation: string): Uint8Array;
  /** @throws ChannelError `rehandshake` for a ticket that is not ours, too old, or of another generation */
  open(ticket: Uint8Array, generation: string): TicketContent;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PSK_BYTES = 32;
const TIMES_BYTES = 16;

/**
 * Tickets sealed under keys that exist in this memory only. A key seals for an hour and opens for one more; so few tickets that random nonces cannot meet.
 * Content: psk (32) || openedAt (u64) || issuedAt (u64) || SHA-256(generation).
 */
export function ticketsOf(nowMs: () => number, random: (length: number) => Uint8Array): Tickets {
  const newKey = () => ({ key: random(32), since: nowMs() });
  let current = newKey();
  let previous = current;
  return {
    issue({ psk, openedAt }, generation) {
      const issuedAt = nowMs();
      if (issuedAt - current.since > TICKET_IDLE_MS) {
        previous = current;
        current = newKey();
      }
      const times = Buffer.alloc(TIMES_BYTES);
      times.writeBigUInt64BE(BigInt(openedAt));
      times.writeBigUInt64BE(BigInt(issuedAt), 8);
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, current.key, nonce);
      const sealed = cipher.update(concat(psk, times, digest(generation)));
      cipher.final();
      return concat(nonce, sealed, cipher.getAuthTag());
    },
    open(ticket, generation) {
      const content = unseal(current.key, ticket) ?? unseal(previous.key, ticket);
      if (!content) throw new ChannelError('rehandshake');
      const times = content.subarray(PSK_BYTES, PSK_BYTES + TIMES_BYTES);
      const openedAt = Number(times.readBigUInt64BE());
      const issuedAt = Number(times.readBigUInt64BE(8));
      const now = nowMs();
      const isCurrent = now >= issuedAt && now - issuedAt <= TICKET_IDLE_MS && now - openedAt <= SESSION_MAX_MS;
      if (!isCurrent || !equalBytes(content.subarray(PSK_BYTES + TIMES_BYTES), digest(generation))) throw new ChannelError('rehandshake');
      return { psk: content.subarray(0, PSK_BYTES), openedAt };
    },
  };
}

function unseal(key: Uint8Array, ticket: Uint8Array): Buffer | undefined {
  if (ticket.length !== NONCE_BYTES + PSK_BYTES + TIMES_BYTES + 32 + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, ticket.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(ticket.subarray(-TAG_BYTES));
  const content = decipher.update(ticket.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    return content;
  } catch {
    return undefined;
  }
}

function digest(generation: string): Uint8Array {
  return nativeHashes.sha256(new TextEncoder().encode(generation));
}
