import { Resolver } from 'node:dns/promises';
import type { Outbound } from '../outbound/outbound.ts';
import { decodeTxtAnswer, encodeTxtQuery } from './message.ts';

/** Looks names up for what somebody has to prove, not for a connection that is about to be made. */
export interface Dns {
  /** The texts at a name; none where there is no such name or no text. @throws DnsUnreachable where nobody answered */
  txt(name: string, signal?: AbortSignal): Promise<string[]>;
}

export class DnsUnreachable extends Error {
  override readonly name = 'DnsUnreachable';
}

const TIMEOUT_MS = 5_000;
const TRIES = 2;
/** Past this a name is no place for a proof. */
const MAX_RECORDS = 200;
const MAX_ANSWER_BYTES = 64 * 1024;
const NOTHING_THERE = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * @param servers addresses (`1.2.3.4`, `[::1]:53`) that are asked in plain, or https addresses (RFC 8484), whose answers nobody on the way
 * can change; none: those of the system
 */
export function createDns(servers: readonly string[], outbound: Pick<Outbound, 'request'>): Dns {
  const secure = servers.filter((server) => server.startsWith('https://'));
  const ask = secure.length > 0 ? askSecurely(secure, outbound) : askPlainly(servers);
  return {
    async txt(name, signal) {
      const texts = await ask(name, signal).catch((cause: unknown) => {
        throw new DnsUnreachable('no name server answered', { cause });
      });
      return texts.slice(0, MAX_RECORDS);
    },
  };
}

type Ask = (name: string, signal: AbortSignal | undefined) => Promise<string[]>;

function askPlainly(servers: readonly string[]): Ask {
  return async (name, signal) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers.length > 0) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return (await resolver.resolveTxt(name)).map((strings) => strings.join(''));
    } catch (error) {
      if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
}

/** One server after the other, until one answers. */
function askSecurely(servers: readonly string[], outbound: Pick<Outbound, 'request'>): Ask {
  return async (name, signal) => {
    let last: unknown;
    for (const server of servers)
      try {
        const response = await outbound.request(server, {
          purpose: 'dns',
          trust: 'operator',
          method: 'POST',
          headers: { 'content-type': 'application/dns-message', accept: 'application/dns-message' },
          body: encodeTxtQuery(name),
          maxResponseBytes: MAX_ANSWER_BYTES,
          timeoutMs: TIMEOUT_MS,
          maxRedirects: 0,
          ...(signal ? { signal } : {}),
        });
        const answer = new Uint8Array(await response.arrayBuffer());
        if (response.status !== 200) throw new Error(`the name server answered with status ${response.status}`);
        return decodeTxtAnswer(answer, name);
      } catch (error) {
        signal?.throwIfAborted();
        last = error;
      }
    throw last;
  };
}
