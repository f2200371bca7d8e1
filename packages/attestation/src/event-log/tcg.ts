/** The binary event log of the firmware: TCG PC Client Platform Firmware Profile §10, carried for TDX by the CCEL table (UEFI §38.4.1). */

export interface LoggedEvent {
  /** Index of the runtime measurement register: 0 to 3. */
  readonly rtmr: number;
  readonly type: number;
  /** SHA-384 that was extended into the register. */
  readonly digest: Uint8Array<ArrayBuffer>;
  /** What the log says was measured: proven only where the digest can be computed from it. */
  readonly data: Uint8Array<ArrayBuffer>;
}

const MAX_LOG_BYTES = 4 * 1024 * 1024;
const SHA384_ID = 0x0c;
const SHA384_BYTES = 48;
const EV_NO_ACTION = 3;
const SPEC_ID = 'Spec ID Event03\0';

/**
 * Reads a log. The area is larger than its content; what fills it up (00 or ff) is skipped, anything else after the events is refused.
 * @throws Error that says what was wrong
 */
export function parseTcgLog(bytes: Uint8Array): LoggedEvent[] {
  if (bytes.length > MAX_LOG_BYTES) throw new Error(`the event log is larger than ${MAX_LOG_BYTES} bytes`);
  const reader = new LittleEndianReader(bytes);
  const digestSizes = readHeader(reader);
  const events: LoggedEvent[] = [];
  while (!reader.isFiller()) {
    const register = reader.u32();
    const type = reader.u32();
    const digest = readDigests(reader, digestSizes);
    const data = reader.take(reader.u32());
    if (type === EV_NO_ACTION) continue;
    // CCEL counts MRTD as 0 and RTMR0 as 1; nothing may extend MRTD after launch.
    if (register < 1 || register > 4) throw new Error(`the event log names register ${register}`);
    events.push({ rtmr: register - 1, type, digest, data });
  }
  return events;
}

/** The first event is in the old layout with one SHA-1 of zeros; it lists the algorithms of those that follow. */
function readHeader(reader: LittleEndianReader): Map<number, number> {
  reader.u32();
  if (reader.u32() !== EV_NO_ACTION) throw new Error('the event log has no header');
  reader.take(20);
  const header = new LittleEndianReader(reader.take(reader.u32()));
  if (new TextDecoder().decode(header.take(16)) !== SPEC_ID) throw new Error('the event log is not of the TCG 2.0 kind');
  header.take(8);
  const count = header.u32();
  const sizes = new Map<number, number>();
  for (let index = 0; index < count; index++) sizes.set(header.u16(), header.u16());
  if (sizes.get(SHA384_ID) !== SHA384_BYTES) throw new Error('the event log has no SHA-384');
  return sizes;
}

function readDigests(reader: LittleEndianReader, sizes: ReadonlyMap<number, number>): Uint8Array<ArrayBuffer> {
  const count = reader.u32();
  if (count > sizes.size) throw new Error('an event has more digests than the log has algorithms');
  let sha384: Uint8Array<ArrayBuffer> | undefined;
  for (let index = 0; index < count; index++) {
    const algorithm = reader.u16();
    const size = sizes.get(algorithm);
    if (size === undefined) throw new Error('an event has a digest of an unlisted algorithm');
    const digest = reader.take(size);
    if (algorithm === SHA384_ID) sha384 = digest;
  }
  if (!sha384) throw new Error('an event has no SHA-384');
  return sha384;
}

/** Cursor over the log; every read is checked against the end. */
class LittleEndianReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#advance(length);
    return Uint8Array.from(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
  }

  /** Whether nothing but 00 or nothing but ff is left. */
  isFiller(): boolean {
    const first = this.#at < this.#view.byteLength ? this.#view.getUint8(this.#at) : 0;
    if (first !== 0 && first !== 0xff) return false;
    for (let at = this.#at; at < this.#view.byteLength; at++) if (this.#view.getUint8(at) !== first) return false;
    return true;
  }

  #advance(length: number): number {
    const at = this.#at;
    if (length > this.#view.byteLength - at) throw new Error('the event log ends too early');
    this.#at = at + length;
    return at;
  }
}
