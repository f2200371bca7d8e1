// Commands to a TPM and their answers, as bytes ("TPM 2.0 Library", part 1, §18).
import { type FileHandle, open, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { systemCode } from '../../start-problem.ts';
import { NOTHING_CHANGED, RootKeyProblem } from '../root-key.ts';

export interface Connection {
  /**
   * @param request handles, authorisation area and parameters
   * @returns what follows the header
   * @throws TpmError
   */
  call(command: number, request: Uint8Array): Promise<Reader>;
}

/** The TPM refused a command. */
export class TpmError extends Error {
  override readonly name = 'TpmError';
  /** Without the numbers of parameter, handle and session (part 2, §6.6.3). */
  readonly code: number;

  constructor(command: number, code: number) {
    super(`command 0x${command.toString(16)} was answered with 0x${code.toString(16)}`);
    this.code = code & 0x80 ? code & 0xbf : code;
  }
}

const HEADER_BYTES = 10;
const MAX_REPLY_BYTES = 4_096;
const PATIENCE_MS = 20_000;
const WITHOUT_SESSIONS = 0x8001;
const WITH_SESSIONS = 0x8002;
/** Commands that carry an authorisation area here. */
const AUTHORISED = new Set([0x122, 0x12a, 0x137, 0x138, 0x14e]);

/** Connects for the time of `fn`: the resource manager forgets its sessions when the connection ends. */
export async function connectTpm<T>(device: string, fn: (tpm: Connection) => Promise<T>): Promise<T> {
  const exchange = await openDevice(device);
  try {
    return await fn({
      async call(command, request) {
        const tag = AUTHORISED.has(command) ? WITH_SESSIONS : WITHOUT_SESSIONS;
        const reply = await withPatience(device, exchange.send(join(u16(tag), u32(HEADER_BYTES + request.length), u32(command), request)));
        const reader = new Reader(reply);
        const replyTag = reader.u16();
        if (reader.u32() !== reply.length) throw damaged(device);
        const code = reader.u32();
        if (code !== 0) throw new TpmError(command, code);
        if (replyTag !== tag) throw damaged(device);
        if (tag === WITH_SESSIONS) reader.u32(); // size of the parameters, which the authorisation area follows
        return reader;
      },
    });
  } catch (error) {
    throw error instanceof RangeError ? damaged(device) : error;
  } finally {
    await exchange.close();
  }
}

interface Exchange {
  send(command: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

async function openDevice(device: string): Promise<Exchange> {
  try {
    return (await stat(device)).isSocket() ? await openSocket(device) : openFile(await open(device, 'r+'));
  } catch (error) {
    throw new RootKeyProblem(
      'unreachable',
      `The TPM ${device} cannot be opened (${systemCode(error)}). Check that the machine has one, that PRIVEXBOT_ROOT_KEY names it, and that this user may use it (group tss). ${NOTHING_CHANGED}`,
      { cause: error },
    );
  }
}

/** The kernel's device takes a whole command in one write and gives its answer in one read. */
function openFile(file: FileHandle): Exchange {
  return {
    async send(command) {
      await file.write(command);
      const buffer = new Uint8Array(MAX_REPLY_BYTES);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      return buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

async function openSocket(path: string): Promise<Exchange> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => undefined); // whoever waits for an answer hears of it as well
  return {
    async send(command) {
      socket.write(command);
      return readReply(socket);
    },
    async close() {
      socket.destroy();
    },
  };
}

async function readReply(socket: Socket): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let got = new Uint8Array();
    const finish = (error: Error | undefined) => {
      socket.off('data', onData).off('close', onClose).off('error', finish);
      error ? reject(error) : resolve(got);
    };
    const onClose = () => finish(new RangeError('the answer was cut off'));
    const onData = (chunk: Uint8Array) => {
      got = join(got, chunk);
      if (got.length > MAX_REPLY_BYTES) finish(new RangeError('the answer is too long'));
      else if (got.length >= HEADER_BYTES && got.length >= new DataView(got.buffer).getUint32(2)) finish(undefined);
    };
    socket.on('data', onData).once('close', onClose).once('error', finish);
  });
}

async function withPatience<T>(device: string, answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new RootKeyProblem(
          'unreachable',
          `The TPM ${device} does not answer. Restart the machine's TPM service, or try again. ${NOTHING_CHANGED}`,
        ),
      ),
    PATIENCE_MS,
  );
  try {
    return await Promise.race([answer, promise]);
  } catch (error) {
    if (error instanceof RootKeyProblem || error instanceof RangeError) throw error;
    throw new RootKeyProblem('unreachable', `The TPM ${device} failed (${systemCode(error)}). ${NOTHING_CHANGED}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function damaged(device: string): RootKeyProblem {
  return new RootKeyProblem('damaged', `The TPM ${device} gave an answer that is not one of a TPM 2.0. ${NOTHING_CHANGED}`);
}

/** Reads big-endian numbers and sized bytes; past the end it throws RangeError. */
export class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  u8 = () => this.#view.getUint8(this.#move(1));
  u16 = () => this.#view.getUint16(this.#move(2));
  u32 = () => this.#view.getUint32(this.#move(4));

  /** TPM2B: two bytes of size, then that many. */
  sized(): Uint8Array {
    const size = this.u16();
    const start = this.#move(size);
    if (start + size > this.#view.byteLength) throw new RangeError('the answer is too short');
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, size);
  }

  #move(count: number): number {
    const before = this.#at;
    this.#at += count;
    return before;
  }
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value);
}
export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >> 24, value >> 16, value >> 8, value);
}

/** TPM2B: bytes with their size before them. */
export function bytes(value: Uint8Array): Uint8Array {
  return join(u16(value.length), value);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
