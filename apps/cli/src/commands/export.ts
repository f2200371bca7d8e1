import { ApiError } from '@privexbot/sdk';
import { command } from '../command.ts';
import { exportBots, exportConversations } from '../export/bots.ts';
import { ExportFolder } from '../export/folder.ts';
import { exportKnowledge } from '../export/knowledge.ts';
import { SafeNames } from '../export/names.ts';
import { allPages } from '../export/pages.ts';

export const exportAll = command({
  words: 'export',
  summary: 'Write the organization to a folder, readable: files, passages, bots, conversations, audit',
  takes: [],
  options: { out: { type: 'string', value: 'FOLDER', required: true, help: 'A new or empty folder; what is in it is not encrypted' } },
  async run({ values, connect, screen }) {
    const { client, org, organization, workspaces } = await connect();
    const folder = await ExportFolder.open(values.out);
    const counts = { workspaces: 0, knowledgeBases: 0, documents: 0, bots: 0, conversations: 0, auditEntries: 0 };
    const leftOut: { what: string; why: string }[] = [];
    /** What the role may not read is named in the manifest, and the rest goes on. */
    const part = async (what: string, write: () => Promise<void>): Promise<void> => {
      screen.status(what);
      try {
        await write();
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'not_allowed') throw error;
        leftOut.push({ what, why: error.message });
        screen.note(`${what}: ${error.message}`);
      }
    };

    await folder.writeJson('organization.json', organization);
    const names = new SafeNames();
    for (const { id, name } of workspaces) {
      const place = { client, org, workspace: id };
      const at = `workspaces/${names.give(name, id)}`;
      counts.workspaces++;
      await part(`knowledge of ${name}`, async () => {
        const written = await exportKnowledge(place, folder, at, screen.status);
        counts.knowledgeBases += written.knowledgeBases;
        counts.documents += written.documents;
      });
      const bots = await exportBots(place, folder, at);
      counts.bots += bots.length;
      for (const bot of bots)
        await part(`conversations with ${bot.name}`, async () => {
          counts.conversations += await exportConversations(place, folder, bot);
        });
    }
    await part('audit log', async () => {
      const entries = allPages((cursor) => client.audit.list({ params: { org }, query: { cursor, limit: 100 } }));
      counts.auditEntries = await folder.writeJsonLines('audit.jsonl', entries);
    });

    const about = {
      format: 'privexbot-export',
      formatVersion: 1,
      exportedAt: new Date().toISOString(),
      organization: org,
      counts,
      leftOut,
    };
    await folder.finish(about);
    const value = { id: org, out: values.out, files: folder.files.length + 1, ...counts, leftOut };
    const seen = Object.entries(counts).map(([what, count]) => `  ${String(count).padStart(7)}  ${what}`);
    return { value, text: `Written to ${values.out}:\n${seen.join('\n')}`, failed: leftOut.length > 0 };
  },
});
