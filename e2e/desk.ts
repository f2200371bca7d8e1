import { setTimeout as sleep } from 'node:timers/promises';
import type { BotSettings, KnowledgeBaseId, OrgId, WorkspaceId } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';
import type { Server } from '@privexbot/testing/server.ts';
import type { Page } from 'playwright-core';

/** Somebody signed in, with a knowledge base to work on. */
export interface Desk {
  readonly client: Client;
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
  readonly knowledge: KnowledgeBaseId;
  readonly inKnowledge: { org: OrgId; workspace: WorkspaceId; knowledge: KnowledgeBaseId };
}

export const ACCOUNT = { email: 'admin@example.com', password: 'correct horse battery' };

const READ_MS = 60_000;

export async function openDesk(server: Server): Promise<Desk> {
  const client = server.client();
  const { organizations } = await client.auth.signUp({ body: ACCOUNT });
  const [{ id: org, workspaces: [{ id: workspace } = none()] = [] } = none()] = organizations;
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Handbook' } });
  return { client, org, workspace, knowledge, inKnowledge: { org, workspace, knowledge } };
}

/** Adds a text and waits until it answers by words and by meaning. */
export async function addText({ client, inKnowledge }: Desk, title: string, text: string): Promise<void> {
  const { id: document } = await client.knowledge.add({ params: inKnowledge, body: { source: 'paste', title, text } });
  for (const until = Date.now() + READ_MS; ; await sleep(100)) {
    const { state, passages, embedded } = await client.knowledge.document({ params: { ...inKnowledge, document } });
    if (state === 'ready' && embedded === passages) return;
    if (Date.now() > until) throw new Error(`“${title}” is still ${state}, with vectors for ${embedded} of ${passages} passages`);
  }
}

/** A bot that answers from the knowledge base, published on a page. */
export async function publishBot({ client, org, workspace, knowledge }: Desk, settings: Partial<BotSettings> = {}) {
  const body = { name: 'Help', knowledgeBases: [knowledge], ...settings };
  const { id: bot, revision } = await client.bots.create({ params: { org, workspace }, body });
  const params = { org, workspace, bot };
  await client.bots.publish({ params, body: { revision } });
  const { slug } = await client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true } });
  return { params, slug };
}

function none(): never {
  throw new Error('the sign-up made no organization with a workspace');
}

/** Signs in on the page as people do, in whatever language it is, and waits until it left. */
export async function signInOn(page: Page, { email, password }: typeof ACCOUNT): Promise<void> {
  await page.locator('input[name=email]').fill(email);
  await page.locator('button[type=submit]').click();
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}
