import type { Context } from '../../context.ts';
import { rotateKeysJob } from './rotate-job.ts';

export { privacyRoutes } from './routes.ts';

/** How long another server's rotation may go unnoticed here: until then a destroyed epoch's key is in this memory. */
const FOLLOW_EVERY_MS = 30_000;

/** Starts the worker that rotates keys, and follows the rotations of other servers. */
export async function openPrivacy(context: Context): Promise<AsyncDisposable> {
  await context.jobs.work('rotate-keys', 1, (job, signal) => rotateKeysJob(context, job, signal));
  if (!context.config.database) return { [Symbol.asyncDispose]: async () => undefined };
  const following = setInterval(() => void context.db.followEpoch().catch(() => undefined), FOLLOW_EVERY_MS).unref();
  return { [Symbol.asyncDispose]: async () => clearInterval(following) };
}
