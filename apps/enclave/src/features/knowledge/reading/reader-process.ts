import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { ReadFailure, type ReadFailureCode } from './failures.ts';
import { ByteQueue, encodeFrame, readFrame } from './frames.ts';
import type { ReadLimits } from './limits.ts';
import { MAX_FRAME_BYTES, type ReaderRequest } from './protocol.ts';

const MB = 1024 * 1024;
const KB = 1024;
const WATCH_EVERY_MS = process.platform === 'linux' ? 50 : 1000;
/** How long a child that closed its output may take to end. */
const GRACE_MS = 1000;
/** V8 aborts when its heap is full; the kernel kills when the machine's memory is. */
const SIGNALS_OF_MEMORY: ReadonlySet<string> = new Set(['SIGABRT', 'SIGKILL', 'SIGTRAP']);
/** The source of the enclave: all of its own code that a reader may read. */
const SOURCE_FOLDER = join(import.meta.dirname, '../../..');

/** The child process of one document. Its watch ends it when it outgrows its memory or is silent too long while it is its turn. */
export class ReaderProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #frames: ByteQueue;
  readonly #exited: Promise<unknown>;
  readonly #limits: ReadLimits;
  readonly #watch: NodeJS.Timeout;
  #endedFor: ReadFailureCode | undefined;
  #isAwaited = false;
  #isFed = false;
  #spentMs = 0;
  #silentMs = 0;

  constructor(script: string, limits: ReadLimits) {
    this.#limits = limits;
    this.#child = spawn(process.execPath, [...nodeOptions(limits), script], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#exited = once(this.#child, 'exit').catch(() => this.kill('crashed'));
    this.#child.stdin.on('error', () => {}); // a child that ended reads no more: its exit tells why
    this.#frames = new ByteQueue(this.#child.stdout);
    this.#watch = setInterval(() => void this.#look(), WATCH_EVERY_MS).unref();
  }

  /** Passes the request and the bytes on, at the pace at which the child takes them. Throws `too_large`, or what the bytes throw. */
  async feed(request: ReaderRequest, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#write(encodeFrame(request));
    let fed = 0;
    for await (const chunk of bytes) {
      fed += chunk.length;
      if (fed > this.#limits.maxBytes) throw new ReadFailure('too_large');
      this.#isFed = true;
      if (!(await this.#write(chunk))) return;
      this.#isFed = false;
      this.#silentMs = 0;
    }
    this.#isFed = true;
    this.#child.stdin.end();
  }

  /** The next frame of the child. Throws why there is none. */
  async next(): Promise<unknown> {
    this.#isAwaited = true;
    try {
      const frame = await readFrame(this.#frames, MAX_FRAME_BYTES);
      if (frame !== undefined) return frame;
    } catch {
      if (this.#child.exitCode === null && this.#child.stdout.readable) this.kill('crashed');
    } finally {
      this.#isAwaited = false;
      this.#silentMs = 0;
    }
    throw await this.#whyEnded();
  }

  /** Ends the child at once. The first reason counts. */
  kill(reason: ReadFailureCode): void {
    this.#endedFor ??= reason;
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    this.kill('crashed');
    await this.#exited;
  }

  /** Resolves when there is room for more; false when the child is gone. */
  async #write(bytes: Uint8Array): Promise<boolean> {
    const { stdin } = this.#child;
    if (stdin.destroyed) return false;
    if (stdin.write(bytes)) return true;
    return new Promise((resolve) => {
      const settle = (): void => {
        stdin.off('drain', settle).off('close', settle);
        resolve(!stdin.destroyed);
      };
      stdin.on('drain', settle).on('close', settle);
    });
  }

  async #whyEnded(): Promise<ReadFailure> {
    const grace = setTimeout(() => this.kill('crashed'), GRACE_MS);
    await this.#exited;
    clearTimeout(grace);
    if (this.#endedFor) return new ReadFailure(this.#endedFor);
    const signal = this.#child.signalCode ?? '';
    return new ReadFailure(SIGNALS_OF_MEMORY.has(signal) ? 'memory' : 'crashed', {}, signal);
  }

  /** It is the child's turn while someone waits for a frame and it has bytes to work on. */
  async #look(): Promise<void> {
    if (this.#isAwaited && this.#isFed) {
      this.#spentMs += WATCH_EVERY_MS;
      this.#silentMs += WATCH_EVERY_MS;
      if (this.#spentMs > this.#limits.timeoutMs || this.#silentMs > this.#limits.stallMs) this.kill('timeout');
    }
    if ((await residentBytes(this.#child.pid)) > this.#limits.residentMb * MB) this.kill('memory');
  }
}

function nodeOptions({ heapMb }: ReadLimits): string[] {
  return [
    '--permission',
    ...readablePaths().map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${heapMb}`,
    '--disallow-code-generation-from-strings',
    '--no-deprecation',
  ];
}

/** The code that a reader runs: this source, and the packages and package descriptions above it. */
function readablePaths(): string[] {
  const paths = [SOURCE_FOLDER];
  for (let folder = SOURCE_FOLDER; ; folder = dirname(folder)) {
    paths.push(...['node_modules', 'package.json'].map((name) => join(folder, name)).filter((path) => existsSync(path)));
    if (folder === dirname(folder)) return paths;
  }
}

/** Memory that a process holds, V8 heap and all else; 0 when it is gone. */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    if (process.platform !== 'linux') return Number((await promisify(execFile)('ps', ['-o', 'rss=', '-p', `${pid}`])).stdout) * KB;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * KB;
  } catch {
    return 0;
  }
}
