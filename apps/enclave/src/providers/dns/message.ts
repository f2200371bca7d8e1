/** The part of a DNS message that a question for TXT records needs (RFC 1035 §4). */

const TXT = 16;
const INTERNET = 1;
const NAME_MAX_BYTES = 255;
/** Names may point back to earlier ones; more steps than labels fit into a name lead nowhere. */
const NAME_MAX_STEPS = 128;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** A question for the TXT records of a name, for a server that follows aliases itself. The id is 0 (RFC 8484 §4.1). */
export function encodeTxtQuery(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], ...encodeName(name), 0, TXT, 0, INTERNET]);
}

/** The labels of a name, each with its length, up to the root's empty one. */
export function encodeName(name: string): number[] {
  const labels = name.split('.').map((label) => new TextEncoder().encode(label));
  if (labels.some(({ length }) => length < 1 || length > 63)) throw new MalformedMessage('a label has 1 to 63 bytes');
  const bytes = labels.flatMap((label) => [label.length, ...label]);
  if (bytes.length >= NAME_MAX_BYTES) throw new MalformedMessage('a name has at most 255 bytes');
  return [...bytes, 0];
}

/**
 * The texts of an answer, each record's strings joined (RFC 7208 §3.3 does the same); none where there is no such name.
 * @throws MalformedMessage for anything but an answer to the question for this name, also where the server failed
 */
export function decodeTxtAnswer(bytes: Uint8Array, name: string): string[] {
  const reader = new Reader(bytes);
  reader.u16();
  const flags = reader.u16();
  const [questions, answers] = [reader.u16(), reader.u16()];
  reader.skip(4);
  const isAnswer = (flags & 0x8000) !== 0;
  const isTruncated = (flags & 0x0200) !== 0;
  const code = flags & 0x0f;
  if (!isAnswer || isTruncated || questions !== 1 || (code !== NO_ERROR && code !== NO_SUCH_NAME))
    throw new MalformedMessage('the answer is none, or not whole');
  if (reader.name() !== name.toLowerCase() || reader.u16() !== TXT || reader.u16() !== INTERNET)
    throw new MalformedMessage('the answer is to another question');
  const texts: string[] = [];
  for (let i = 0; i < answers; i++) {
    reader.name();
    const [type, kind] = [reader.u16(), reader.u16()];
    reader.skip(4);
    const data = reader.take(reader.u16());
    if (type === TXT && kind === INTERNET) texts.push(readStrings(data));
  }
  return texts;
}

function readStrings(data: Uint8Array): string {
  const reader = new Reader(data);
  let text = '';
  while (!reader.isAtEnd) text += Buffer.from(reader.take(reader.u8())).toString('latin1');
  return text;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.u8() * 256 + this.u8();
  }

  skip(length: number): void {
    this.take(length);
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedMessage('the message is cut short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** In lower case, without the final dot. */
  name(): string {
    const labels: string[] = [];
    let after: number | undefined;
    for (let steps = 0; steps < NAME_MAX_STEPS; steps++) {
      const length = this.u8();
      if (length === 0) {
        this.#at = after ?? this.#at;
        return labels.join('.').toLowerCase();
      }
      if (length >= 0xc0) {
        const target = (length & 0x3f) * 256 + this.u8();
        after ??= this.#at;
        this.#at = target;
      } else if (length > 63) throw new MalformedMessage('an unknown kind of label');
      else labels.push(Buffer.from(this.take(length)).toString('latin1'));
    }
    throw new MalformedMessage('a name that does not end');
  }
}
