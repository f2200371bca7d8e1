// A TLS socket to a directory, verified before anything is said on it.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { LdapError, toLdapError } from './error.ts';

export interface LdapServer {
  /** `ldaps://host:port`, or `ldap://host:port` for StartTLS. */
  readonly url: string;
  /** PEM. Only certificates that these signed are taken; those of public authorities where there are none. */
  readonly authorities: readonly string[];
}

const PORTS: Readonly<Record<string, number>> = { 'ldaps:': 636, 'ldap:': 389 };
/** ExtendedRequest of message 1 with the name 1.3.6.1.4.1.1466.20037 (RFC 4511 §4.14.1). */
const START_TLS = Buffer.from('301d02010177188016312e332e362e312e342e312e313436362e3230303337', 'hex');
/** The longest answer that is waited for; servers say a sentence with it at most. */
const MAX_ANSWER_BYTES = 1_024;
const SEQUENCE = 0x30;

export function addressOf({ url }: LdapServer): { host: string; port: number; startTls: boolean } {
  const { protocol, hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (PORTS[protocol] ?? 636), startTls: protocol === 'ldap:' };
}

/** @throws LdapError */
export async function openSocket(server: LdapServer, lookup: LookupFunction, signal: AbortSignal): Promise<TLSSocket> {
  const { host, port, startTls } = addressOf(server);
  const socket = connect({ host, port, lookup, signal });
  try {
    await event(socket, 'connect', signal);
    if (startTls) await askForTls(socket, signal);
    const options: ConnectionOptions = {
      socket,
      host,
      minVersion: 'TLSv1.2',
      ...(isIP(host) ? {} : { servername: host }),
      ...(server.authorities.length ? { ca: [...server.authorities] } : {}),
    };
    const secure = connectTls(options);
    await event(secure, 'secureConnect', signal);
    return secure;
  } catch (error) {
    socket.destroy();
    throw toLdapError(error, signal);
  }
}

/**
 * Asks a plain connection for TLS (RFC 4511 §4.14). Nothing but the one answer may have come when TLS begins: what somebody in between put
 * behind it would be taken for something the server said inside.
 */
async function askForTls(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.write(START_TLS);
  let answer: Buffer = Buffer.alloc(0);
  while (!isWhole(answer)) {
    if (answer.length > MAX_ANSWER_BYTES || (answer.length > 0 && answer[0] !== SEQUENCE)) throw new LdapError('no_tls');
    await event(socket, 'readable', signal);
    const more: Buffer | null = socket.read();
    if (more === null) throw new LdapError('interrupted');
    answer = Buffer.concat([answer, more]);
  }
  if (answer[0] !== SEQUENCE || answer.length !== lengthOf(answer)) throw new LdapError('no_tls');
  // Message 1, ExtendedResponse, result code 0. Lengths may be written short or long.
  if (!/^30(?:[0-7].|81..|82....|84.{8})02010178(?:[0-7].|81..|82....|84.{8})0a0100/.test(answer.toString('hex')))
    throw new LdapError('no_tls');
}

/** Length of the message that begins the bytes; unknown while too few are there. */
function lengthOf(bytes: Uint8Array): number | undefined {
  const [, first] = bytes;
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const octets = first & 0x7f;
  if (octets > 4 || bytes.length < 2 + octets) return octets > 4 ? 0 : undefined;
  return bytes.subarray(2, 2 + octets).reduce((length, octet) => length * 256 + octet, 0) + 2 + octets;
}

function isWhole(bytes: Uint8Array): boolean {
  const length = lengthOf(bytes);
  return length !== undefined && bytes.length >= length;
}

function event(socket: Socket, name: 'connect' | 'secureConnect' | 'readable', signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onEnd = () => reject(new LdapError('interrupted'));
  const onAbort = () => reject(signal.reason);
  socket.once(name, resolve).once('error', reject).once('close', onEnd);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    socket.off(name, resolve).off('error', reject).off('close', onEnd);
    signal.removeEventListener('abort', onAbort);
  });
}
