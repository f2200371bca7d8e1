import type { DocumentId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';

interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  progress: Progress | undefined;
}

/** A reading under way. Dispose it when it has let go of the document's rows. */
export interface Reading extends Disposable {
  /** Aborted when the document was cancelled, deleted or replaced. */
  readonly signal: AbortSignal;
  report(progress: Progress): void;
}

/** How far readings of this process have come, and the way to stop one. Lost with the process: a reading begins anew. */
export class Progresses {
  readonly #running = new Map<DocumentId, Running>();

  /** Begins a reading after the one before it, which is stopped, has ended: no two write the rows of one document. */
  async start(id: DocumentId): Promise<Reading> {
    for (let before = this.#running.get(id); before; before = this.#running.get(id)) {
      before.abort.abort(new Error('another reading begins'));
      await before.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const running: Running = { abort: new AbortController(), ended, progress: undefined };
    this.#running.set(id, running);
    return {
      signal: running.abort.signal,
      report: (progress) => {
        running.progress = progress;
      },
      [Symbol.dispose]: () => {
        this.#running.delete(id);
        resolve();
      },
    };
  }

  of(id: DocumentId): Progress | undefined {
    return this.#running.get(id)?.progress;
  }

  /** Stops the reading that is under way once the transaction, which says so in the document's row, is committed. A later one goes on. */
  stopWith(tx: Transaction, id: DocumentId): void {
    const running = this.#running.get(id);
    tx.onEnd((committed) => committed && running?.abort.abort(new Error('the reading was stopped')));
  }
}
