import { createHmac } from 'node:crypto';
import type { Context } from '../../../context.ts';
import { type Message, SinkError } from './message.ts';
import type { Target } from './store.ts';

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Posts entries as one JSON object. The header `privexbot-signature: t=SECONDS,v1=HEX` is an HMAC-SHA256 by the sink's secret over
 * `SECONDS.BODY`: by it the receiver knows who sends, and that it is no repetition of an old call.
 * @throws SinkError or OutboundError
 */
export async function postEntries(
  { outbound, now }: Pick<Context, 'outbound' | 'now'>,
  org: string,
  { url, secret }: Extract<Target, { kind: 'webhook' }>,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ format: 'privexbot-audit-1', organization: org, entries: messages.map(({ value }) => value) });
  const seconds = Math.floor(now().getTime() / 1_000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  const response = await outbound.request(url, {
    purpose: 'audit',
    trust: 'typed',
    method: 'POST',
    headers: { 'content-type': 'application/json', 'privexbot-signature': `t=${seconds},v1=${mac}` },
    body,
    maxResponseBytes: MAX_ANSWER_BYTES,
    timeoutMs: TIMEOUT_MS,
    maxRedirects: 0,
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new SinkError('refused');
}
