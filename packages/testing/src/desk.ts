// What most tests of features begin with: a knowledge base that is read, a bot that is published, a colleague who joins.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BotId, BotSettings, KnowledgeBaseId, OrgId, Role, WorkspaceId } from '@privexbot/contract';
import type { Enclave, Person } from './start-enclave.ts';

export interface InKnowledge {
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
  readonly knowledge: KnowledgeBaseId;
}

export interface InBot {
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
  readonly bot: BotId;
}

const READ_MS = 60_000;

/** A knowledge base with pasted texts, by title, read and with all vectors. */
export async function makeKnowledge(person: Person, texts: Readonly<Record<string, string>> = {}): Promise<InKnowledge> {
  const { client, org, workspace } = person;
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Handbook' } });
  const params = { org, workspace, knowledge };
  for (const [title, text] of Object.entries(texts)) await client.knowledge.add({ params, body: { source: 'paste', title, text } });
  await waitUntilRead(person, params);
  return params;
}

/** Waits until no document is read or embedded any more. */
export async function waitUntilRead({ client }: Person, params: InKnowledge): Promise<void> {
  for (const until = Date.now() + READ_MS; ; await sleep(50)) {
    const { items } = await client.knowledge.documents({ params });
    const waiting = items.filter(({ state, passages, embedded }) => state === 'queued' || state === 'reading' || embedded < passages);
    if (waiting.length === 0) return;
    if (Date.now() > until)
      throw new Error(`after ${READ_MS} ms there are still ${waiting.map(({ state }) => state).join(', ')} documents`);
  }
}

/** A published bot; with a channel also deployed there. */
export async function publishBot(person: Omit<Person, 'prove'>, settings: Partial<BotSettings> = {}, channel?: 'page' | 'widget' | 'api') {
  const { client, org, workspace } = person;
  const { id: bot, revision } = await client.bots.create({ params: { org, workspace }, body: { name: 'Help', ...settings } });
  const params: InBot = { org, workspace, bot };
  await client.bots.publish({ params, body: { revision } });
  const deployed = channel && (await client.bots.deploy({ params: { ...params, channel }, body: { enabled: true } }));
  return { params, slug: deployed?.slug ?? '' };
}

/** A colleague with that role, who came by invitation. */
export async function join(enclave: Enclave, { client, org, workspace }: Person, role: Role): Promise<Person> {
  const email = `colleague-${Math.random()}@example.com`;
  const { link } = await client.organizations.invite({ params: { org }, body: { email, role } });
  return { ...(await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' })), org, workspace };
}

/** Ids of the data keys that exist. */
export async function storedKeys(enclave: Enclave): Promise<Set<string>> {
  return new Set((await enclave.forge<{ id: string }>('select id from keystore.keys')).map(({ id }) => id));
}
