/**
 * Nitro's security module answers an `ioctl` on /dev/nsm, which Node cannot make without native code. A helper of sixty lines (deploy/images/nitro/nsm.c)
 * makes it: it reads `u32 big-endian length || request` on its standard input and writes the answer in the same form on its output. Requests and
 * answers are the module's own CBOR (aws-nitro-enclaves-nsm-api, `Request` and `Response`), so the helper understands nothing of them. A pipe to a child
 * and not a socket: nobody else can speak to it, and it ends with us.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { StartProblem, systemCode } from '../../../start-problem.ts';

export interface Nsm extends AsyncDisposable {
  /** One request after the other, in order. */
  request(message: Uint8Array): Promise<Uint8Array>;
}

/** Limits of the module. */
const MAX_REQUEST_BYTES = 0x1000;
const MAX_RESPONSE_BYTES = 0x3000;
const TIMEOUT_MS = 10_000;

/** @param command the helper and its arguments */
export function openNsm([command, ...args]: readonly [string, ...string[]]): Nsm {
  let helper: Helper | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (message: Uint8Array): Promise<Uint8Array> => {
    helper ??= startHelper(command, args);
    try {
      return await helper.exchange(message);
    } catch (error) {
      // What comes next could be an answer to this request: never used again.
      helper.end();
      helper = undefined;
      throw error;
    }
  };
  return {
    request(message) {
      if (message.length > MAX_REQUEST_BYTES) throw new Error('The request is larger than the module takes');
      const answer = last.then(() => ask(message));
      last = answer.catch(() => undefined);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await last;
      helper?.end();
    },
  };
}

interface Helper {
  exchange(message: Uint8Array): Promise<Uint8Array>;
  end(): void;
}

function startHelper(command: string, args: readonly string[]): Helper {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
  let received = Buffer.alloc(0);
  let waiting: { resolve: (frame: Uint8Array) => void; reject: (error: unknown) => void } | undefined;
  const fail = (error: unknown) => {
    const code = systemCode(error);
    waiting?.reject(code ? new StartProblem(`The helper for /dev/nsm (${command}) cannot be used (${code}).`) : error);
  };
  child.on('error', fail);
  child.stdin.on('error', fail);
  child.on('exit', (status) => fail(new StartProblem(`The helper for /dev/nsm ended (${status}). Is this a Nitro enclave?`)));
  child.stdout.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 4) return;
    const length = received.readUInt32BE(0);
    if (length > MAX_RESPONSE_BYTES || received.length > 4 + length) fail(new Error('The helper for /dev/nsm answered out of form'));
    else if (received.length === 4 + length) {
      const frame = new Uint8Array(received.subarray(4));
      received = Buffer.alloc(0);
      waiting?.resolve(frame);
    }
  });
  return {
    async exchange(message) {
      const answer = new Promise<Uint8Array>((resolve, reject) => {
        waiting = { resolve, reject };
      });
      const timer = setTimeout(() => fail(new Error('The helper for /dev/nsm did not answer')), TIMEOUT_MS);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(message.length);
      child.stdin.write(Buffer.concat([head, message]));
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
        waiting = undefined;
      }
    },
    end: () => void child.kill(),
  };
}
