import { OutboundError, type OutboundErrorCode, toOutboundError } from '../../../providers/outbound/error.ts';
import { cefLine } from '../cef.ts';
import type { Entry } from '../entries.ts';
import type { SinkFailure } from './store.ts';

/** An entry as it is sent. */
export interface Message {
  readonly at: Date;
  readonly action: string;
  readonly value: object;
  readonly cef: string;
}

/** The other side took nothing. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
  readonly failure: SinkFailure;

  constructor(failure: SinkFailure, options?: ErrorOptions) {
    super(failure, options);
    this.failure = failure;
  }
}

/** Ids, and the name of who acted; the place in the chain makes a message that arrives twice known as such. */
export function toMessage(org: string, entry: Entry, name: string | undefined): Message {
  const { writer, sequence, at, record } = entry;
  const { action, actor, target, facts = {} } = record;
  return {
    at,
    action,
    value: {
      id: `${writer}/${sequence}`,
      at: at.toISOString(),
      action,
      actor,
      ...(name === undefined ? {} : { name }),
      ...(target === undefined ? {} : { target }),
      facts,
    },
    cef: cefLine(org, entry, name),
  };
}

const FAILURES: Partial<Record<OutboundErrorCode, SinkFailure>> = {
  private_address: 'private_address',
  timeout: 'timeout',
  aborted: 'timeout',
  tls: 'tls',
};

/** Why a delivery failed, as a code. */
export function toFailure(error: unknown): SinkFailure {
  if (error instanceof SinkError) return error.failure;
  const { code } = error instanceof OutboundError ? error : toOutboundError(error, '');
  return FAILURES[code] ?? 'unreachable';
}
