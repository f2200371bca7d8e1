import type { OrgId, Role, UserId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Meter } from '../usage/index.ts';
import { embedDocumentJob } from './embed-job.ts';
import { KnowledgeIndexes } from './indexes.ts';
import { Progresses } from './progresses.ts';
import { readDocumentJob } from './read-job.ts';

export { requireKnowledge } from './bases.ts';
export { readCitedPassage } from './cited-passage.ts';
export { groundedAnswer } from './search/grounded.ts';
export { type FoundPassage, findPassages } from './search.ts';
export { splitSentences } from './sentences.ts';

/** What lives as long as the server: indexes in memory and the progress of readings. */
export interface Knowledge extends AsyncDisposable {
  readonly indexes: KnowledgeIndexes;
  readonly progresses: Progresses;
}

const READERS = 2;

/** Starts the workers that read and embed documents. */
export async function openKnowledge(
  context: Context & { readonly meter: Meter },
  findRole: (user: UserId, org: OrgId, workspace: WorkspaceId) => Promise<Role | undefined>,
): Promise<Knowledge> {
  const indexes = new KnowledgeIndexes(context);
  const progresses = new Progresses();
  const ports = { ...context, indexes, progresses, findRole };
  await context.jobs.work('read-document', READERS, (job, signal) => readDocumentJob(ports, job, signal));
  await context.jobs.work('embed-document', 1, (job, signal) => embedDocumentJob(ports, job, signal));
  return { indexes, progresses, [Symbol.asyncDispose]: () => indexes.close() };
}
