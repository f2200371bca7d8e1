/** Syslog: messages of RFC 5424, framed by their length, over TLS (RFC 5425) or TCP (RFC 6587 §3.4.1). */
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { rootCertificates, connect as secure } from 'node:tls';
import type { Context } from '../../../context.ts';
import { type Message, SinkError } from './message.ts';
import type { Target } from './store.ts';

type Syslog = Extract<Target, { kind: 'syslog' }>;

/** Log audit (13), as RFC 5424 §6.2.1 numbers it; notice, and warning for what was refused. */
const FACILITY = 13;
const NOTICE = 5;
const WARNING = 4;
/** RFC 5612's number for documentation: this project has none of its own. */
const STRUCTURED_ID = 'privexbot@32473';
const MESSAGE_ID_LENGTH = 32;
const TIMEOUT_MS = 15_000;

/**
 * Sends entries and waits until the other side's machine has taken every byte. Syslog confirms nothing beyond that: what a collector
 * loses afterwards is lost.
 * @throws SinkError, OutboundError or what the socket throws
 */
export async function sendSyslog(
  { outbound }: Pick<Context, 'outbound'>,
  org: string,
  target: Syslog,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const socket = await open(outbound, target, limited);
  try {
    const failed = once(socket, 'error', { signal: limited }).then(([error]) => Promise.reject(error));
    failed.catch(() => undefined);
    for (const message of messages) {
      const bytes = Buffer.from(syslogMessage(org, message, target.format));
      const isTaken = socket.write(Buffer.concat([Buffer.from(`${bytes.length} `), bytes]));
      if (!isTaken) await Promise.race([once(socket, 'drain', { signal: limited }), failed]);
    }
    // With an ordered end the peer has acknowledged everything, or the socket says that it was reset.
    socket.end();
    socket.resume();
    await Promise.race([once(socket, 'close', { signal: limited }), failed]);
    if (socket.errored) throw socket.errored;
  } catch (error) {
    if (limited.aborted) throw new SinkError('timeout', { cause: error });
    throw error;
  } finally {
    socket.destroy();
  }
}

async function open(outbound: Context['outbound'], { host, port, tls, ca }: Syslog, signal: AbortSignal): Promise<Socket> {
  const lookup = outbound.lookupFor(host, port);
  const socket = tls
    ? secure({
        host,
        port,
        lookup,
        ...(isIP(host) ? {} : { servername: host }),
        ...(ca ? { ca: [...rootCertificates, ca] } : {}),
        minVersion: 'TLSv1.2',
      })
    : connect({ host, port, lookup, signal });
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? new SinkError('timeout', { cause: error }) : error;
  }
}

/** One message, without its length before it. */
export function syslogMessage(org: string, { at, action, value, cef }: Message, format: Syslog['format']): string {
  const priority = FACILITY * 8 + (action.startsWith('refused.') ? WARNING : NOTICE);
  const id = action.replace(/[^!-~]/g, '').slice(0, MESSAGE_ID_LENGTH) || '-';
  const structured = `[${STRUCTURED_ID} organization="${escapeParameter(org)}" action="${escapeParameter(action)}"]`;
  const text = format === 'cef' ? cef : JSON.stringify(value);
  // The mark says that the text is UTF-8 (RFC 5424 §6.4).
  return `<${priority}>1 ${at.toISOString()} - privexbot - ${id} ${structured} \uFEFF${text}`;
}

/** RFC 5424 §6.3.3. */
function escapeParameter(text: string): string {
  return text.replace(/["\\\]]/g, '\\$&');
}
