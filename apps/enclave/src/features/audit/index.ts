// What the app starts for the audit log.
import type { Context } from '../../context.ts';
import { sweepRetention } from './retention.ts';
import { openSinks } from './sinks/deliver.ts';

const SWEEP_EVERY_MS = 60 * 60_000;

/** Sends new entries where organizations want them, and drops those that are older than they keep them. */
export function openAudit(context: Pick<Context, 'db' | 'keyring' | 'outbound' | 'now' | 'log'>): AsyncDisposable {
  const sinks = openSinks(context);
  const sweep = () => void sweepRetention(context).catch((err: unknown) => context.log.warn({ err }, 'old audit entries were not dropped'));
  const timer = setInterval(sweep, SWEEP_EVERY_MS).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sinks[Symbol.asyncDispose]();
    },
  };
}
