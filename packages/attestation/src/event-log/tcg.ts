/** The binary event log of the firmware: TCG PC Client Platform Firmware Profile §10, carried for TDX by the CCEL table (UEFI §38.4.1). */
import { ByteReader, ParseError } from '../bytes.ts';

export interface LoggedEvent {
  /** Index of the runtime measurement register: 0 to 3. */
  readonly rtmr: number;
  readonly type: number;
  /** SHA-384 that was extended into the register. */
  readonly digest: Uint8Array;
  /** What the log says was measured: proven only where the digest can be computed from it. */
  readonly data: Uint8Array;
}

const MAX_LOG_BYTES = 4 * 1024 * 1024;
const SHA384_ID = 0x0c;
const SHA384_BYTES = 48;
const EV_NO_ACTION = 3;
const SPEC_ID = 'Spec ID Event03\0';

/**
 * Reads a log. The area is larger than its content; what fills it up (00 or ff) is skipped, anything else after the events is refused.
 * Throws a ParseError.
 */
export function parseTcgLog(bytes: Uint8Array): LoggedEvent[] {
  if (bytes.length > MAX_LOG_BYTES) throw new ParseError(`the event log is larger than ${MAX_LOG_BYTES} bytes`);
  const reader = new ByteReader(bytes);
  const digestSizes = readHeader(reader);
  const events: LoggedEvent[] = [];
  while (!isFiller(bytes.subarray(reader.offset))) {
    const register = reader.uint32();
    const type = reader.uint32();
    const digest = readDigests(reader, digestSizes);
    const data = reader.bytes(reader.uint32());
    if (type === EV_NO_ACTION) continue;
    // CCEL counts MRTD as 0 and RTMR0 as 1; nothing may extend MRTD after launch.
    if (register < 1 || register > 4) throw new ParseError(`the event log names register ${register}`);
    events.push({ rtmr: register - 1, type, digest, data });
  }
  return events;
}

/** The first event is in the old layout with one SHA-1 of zeros; it lists the algorithms of those that follow. */
function readHeader(reader: ByteReader): Map<number, number> {
  reader.uint32();
  if (reader.uint32() !== EV_NO_ACTION) throw new ParseError('the event log has no header');
  reader.bytes(20);
  const header = new ByteReader(reader.bytes(reader.uint32()));
  if (new TextDecoder().decode(header.bytes(16)) !== SPEC_ID) throw new ParseError('the event log is not of the TCG 2.0 kind');
  header.bytes(8);
  const count = header.uint32();
  const sizes = new Map<number, number>();
  for (let index = 0; index < count; index++) sizes.set(header.uint16(), header.uint16());
  if (sizes.get(SHA384_ID) !== SHA384_BYTES) throw new ParseError('the event log has no SHA-384');
  return sizes;
}

function readDigests(reader: ByteReader, sizes: ReadonlyMap<number, number>): Uint8Array {
  const count = reader.uint32();
  if (count > sizes.size) throw new ParseError('an event has more digests than the log has algorithms');
  let sha384: Uint8Array | undefined;
  for (let index = 0; index < count; index++) {
    const algorithm = reader.uint16();
    const size = sizes.get(algorithm);
    if (size === undefined) throw new ParseError('an event has a digest of an unlisted algorithm');
    const digest = reader.bytes(size);
    if (algorithm === SHA384_ID) sha384 = digest;
  }
  if (!sha384) throw new ParseError('an event has no SHA-384');
  return sha384;
}

/** Whether nothing but 00 or nothing but ff is left. */
function isFiller(rest: Uint8Array): boolean {
  const [first = 0] = rest;
  return (first === 0 || first === 0xff) && rest.every((byte) => byte === first);
}
