/** The event log of dstack's guest agent: JSON, firmware events in RTMR0 to 2 and its own, computable ones in RTMR3. */
import { concatBytes, equalBytes, fromHex, ParseError } from '../bytes.ts';
import { RTMR_BYTES, sha384 } from './replay.ts';

export interface DstackEvent {
  readonly rtmr: number;
  readonly digest: Uint8Array<ArrayBuffer>;
  readonly name: string;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const MAX_LOG_CHARACTERS = 4 * 1024 * 1024;
const RUNTIME_EVENT = 0x08000001;

/**
 * Reads a log and computes the digest of each event in RTMR3 anew: SHA-384(type as u32 LE ":" name ":" payload), dstack
 * `cc-eventlog/src/runtime_events.rs`. In RTMR0 to 2 the digests are taken as they are; the registers must be pinned.
 * Throws a ParseError or, if it isn't JSON at all, a SyntaxError.
 */
export async function parseDstackLog(text: string): Promise<DstackEvent[]> {
  if (text.length > MAX_LOG_CHARACTERS) throw new ParseError(`the event log is longer than ${MAX_LOG_CHARACTERS} characters`);
  const events: unknown = JSON.parse(text);
  if (!Array.isArray(events)) throw new ParseError('the event log is not a list');
  return Promise.all(events.map(readEvent));
}

async function readEvent(event: unknown): Promise<DstackEvent> {
  if (!isRecord(event)) throw new ParseError('an event is not an object');
  const { imr, event_type: type, digest, event: name, event_payload: payload } = event;
  if (typeof imr !== 'number' || ![0, 1, 2, 3].includes(imr)) throw new ParseError('an event names no runtime register');
  if (typeof name !== 'string') throw new ParseError('an event has no name');
  const read = { rtmr: imr, digest: hexField(digest), name, payload: hexField(payload) };
  if (read.digest.length !== RTMR_BYTES) throw new ParseError('a digest has not 48 bytes');
  if (imr !== 3) return read;
  if (type !== RUNTIME_EVENT) throw new ParseError('an event in RTMR3 is of a kind whose digest cannot be computed');
  if (!equalBytes(await runtimeDigest(name, read.payload), read.digest))
    throw new ParseError('the digest of an event in RTMR3 is not that of its content');
  return read;
}

/** What dstack extends into RTMR3 for an event. */
export async function runtimeDigest(name: string, payload: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const type = Uint8Array.of(RUNTIME_EVENT & 0xff, (RUNTIME_EVENT >> 8) & 0xff, (RUNTIME_EVENT >> 16) & 0xff, RUNTIME_EVENT >>> 24);
  return sha384(concatBytes(type, new TextEncoder().encode(`:${name}:`), payload));
}

/**
 * The payload of the one event in RTMR3 with this name. Two are refused: the guest may extend the register at any time, so a later
 * event of the same name can say whatever the workload wants.
 */
export function onlyPayload(events: readonly DstackEvent[], name: string): Uint8Array<ArrayBuffer> {
  const [event, ...others] = events.filter((each) => each.rtmr === 3 && each.name === name);
  if (!event || others.length > 0) throw new ParseError(`RTMR3 has ${event ? 'more than one' : 'no'} event ${name}`);
  return event.payload;
}

function hexField(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'string') throw new ParseError('an event lacks its digest or payload');
  return fromHex(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
