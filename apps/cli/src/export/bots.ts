import type { OrgId, WorkspaceId } from '@privexbot/contract';
import type { Client } from '@privexbot/sdk';
import type { ExportFolder } from './folder.ts';
import { SafeNames } from './names.ts';
import { allPages } from './pages.ts';

interface Place {
  readonly client: Client;
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
}

/** Every bot of a workspace with its draft, its published versions and where it is reachable. */
export async function exportBots({ client, org, workspace }: Place, folder: ExportFolder, at: string) {
  const bots = await client.bots.list({ params: { org, workspace } });
  const names = new SafeNames();
  const exported = [];
  for (const bot of bots) {
    const path = `${at}/bots/${names.give(bot.settings.name, bot.id)}`;
    const params = { org, workspace, bot: bot.id };
    await folder.writeJson(`${path}/bot.json`, { ...bot, deployments: await client.bots.deployments({ params }) });
    const versions = await client.bots.versions({ params });
    await folder.writeJsonLines(
      `${path}/versions.jsonl`,
      (async function* () {
        for (const { id } of versions) {
          const { changes: _, ...version } = await client.bots.version({ params: { ...params, version: id } });
          yield version;
        }
      })(),
    );
    exported.push({ id: bot.id, name: bot.settings.name, path });
  }
  return exported;
}

/** All conversations with one bot, one a line, each with its turns. */
export async function exportConversations({ client, org, workspace }: Place, folder: ExportFolder, bot: Exported): Promise<number> {
  const params = { org, workspace, bot: bot.id };
  return folder.writeJsonLines(
    `${bot.path}/conversations.jsonl`,
    (async function* () {
      for await (const { id, ...about } of allPages((cursor) => client.bots.conversations({ params, query: { cursor, limit: 100 } }))) {
        const { turns } = await client.bots.conversation({ params: { ...params, conversation: id } });
        yield { id, ...about, turns };
      }
    })(),
  );
}

export type Exported = Awaited<ReturnType<typeof exportBots>>[number];
