import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

interface Incoming {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/**
 * The network address a request came from. Behind proxies all connections come from one address, and one caller's haste would count against everybody:
 * what a known proxy writes is believed, from the nearest on, and nothing that a stranger wrote.
 */
export function callerAddress({ socket, headers }: Incoming, proxies: ReadonlySet<string>): string {
  const nearest = plainAddress(socket.remoteAddress ?? '');
  if (!proxies.has(nearest)) return nearest;
  const hops = String(headers['x-forwarded-for'] ?? '').split(',');
  const first = hops.map((hop) => plainAddress(hop.trim())).findLast((hop) => !proxies.has(hop));
  return first !== undefined && isIP(first) ? first : nearest;
}

/** Sockets that take both kinds write an IPv4 address as IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
