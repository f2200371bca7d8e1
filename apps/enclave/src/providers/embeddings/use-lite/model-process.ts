import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** A round takes tens of milliseconds; one that takes this long hangs. */
const ROUND_TIMEOUT_MS = 60_000;

/** The worker process. It knows nothing of the environment and keeps nobody's event loop alive while it has nothing to do. */
export class ModelProcess {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;
  #settle: { resolve(vectors: Float32Array): void; reject(error: Error): void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#child = fork(WORKER, [], { env: {}, execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#ready = promise;
    promise.catch(() => {});
    this.#child.once('message', () => {
      resolve();
      this.#child.on('message', (vectors) => this.#finish(vectors as Float32Array));
    });
    const end = (): void => {
      const error = new Error('The embedding process ended');
      reject(error);
      this.#fail(error);
    };
    this.#child.once('error', end);
    this.#child.once('exit', end);
    this.#keepAlive(false);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** All vectors one after the other. One round at a time. Rejects when the process ends or hangs; then it is of no use any more. */
  async embed(texts: readonly string[]): Promise<Float32Array> {
    this.#keepAlive(true);
    this.#timer = setTimeout(() => this.end(), ROUND_TIMEOUT_MS);
    try {
      await this.#ready;
      const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
      this.#settle = { resolve, reject };
      this.#child.send(texts, (error) => error && this.#fail(error));
      return await promise;
    } finally {
      clearTimeout(this.#timer);
      this.#keepAlive(false);
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  #finish(vectors: Float32Array): void {
    this.#settle?.resolve(vectors);
    this.#settle = undefined;
  }

  #fail(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = undefined;
  }

  #keepAlive(isBusy: boolean): void {
    const channel = this.#child.channel;
    if (isBusy) {
      this.#child.ref();
      channel?.ref();
    } else {
      this.#child.unref();
      channel?.unref();
    }
  }
}
