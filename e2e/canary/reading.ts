import { setTimeout as sleep } from 'node:timers/promises';
import type { KnowledgeBaseId, OrgId, WorkspaceId } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';

type Documents = Awaited<ReturnType<Client['knowledge']['documents']>>['items'];

const READ_MS = 90_000;
/** Made to fail. Another failure would take words out of the journey. */
const FAILED = ['cut.pdf: corrupt'];

/** Waits until all documents are read. File names end with `-` and what the file is. */
export async function untilRead(
  client: Client,
  params: { org: OrgId; workspace: WorkspaceId; knowledge: KnowledgeBaseId },
  least: number,
): Promise<void> {
  for (const until = Date.now() + READ_MS; ; await sleep(200)) {
    const { items } = await client.knowledge.documents({ params, query: { limit: 100 } });
    if (items.length < least) throw new Error(`only ${items.length} documents were taken`);
    const unread = items.filter(({ state }) => state === 'queued' || state === 'reading');
    if (unread.length === 0) return requireFailures(items);
    if (Date.now() > until) throw new Error(`not read in time: ${JSON.stringify(unread)}`);
  }
}

function requireFailures(items: Documents): void {
  const failed = items.filter(({ state }) => state === 'failed').map(({ name, failure }) => `${name.replace(/^.*?-/, '')}: ${failure}`);
  if (failed.sort().join() !== FAILED.join()) throw new Error(`these documents failed: ${failed.join(', ')}`);
}
