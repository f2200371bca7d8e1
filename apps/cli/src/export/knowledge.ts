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

type Document = Awaited<ReturnType<Client['knowledge']['document']>>;

const PASSAGES_A_PAGE = 100;

/** Every knowledge base of a workspace: `original/` as it was added, `passages/` as they are found, and a table of documents. */
export async function exportKnowledge(
  { client, org, workspace }: Place,
  folder: ExportFolder,
  at: string,
  onStage: (stage: string) => void,
) {
  const bases = await client.knowledge.list({ params: { org, workspace } });
  const names = new SafeNames();
  let documents = 0;
  for (const base of bases) {
    const path = `${at}/knowledge/${names.give(base.name, base.id)}`;
    const params = { org, workspace, knowledge: base.id };
    const files = new SafeNames();
    const rows: (string | number)[][] = [];
    const pages = allPages((cursor) => client.knowledge.documents({ params, query: { cursor, limit: 100 } }));
    for await (const document of pages) {
      onStage(`${base.name}: ${document.name}`);
      const name = files.give(
        document.source === 'upload' ? document.name : `${document.name}.${document.source === 'page' ? 'html' : 'txt'}`,
        document.id,
      );
      const original = await client.knowledge.original({ params: { ...params, document: document.id } });
      await folder.writeBytes(`${path}/original/${name}`, original.body ?? empty());
      await folder.writeJsonLines(`${path}/passages/${document.id}.jsonl`, passagesOf(client, params, document));
      rows.push([document.id, document.name, `original/${name}`, document.version, document.state, document.passages, document.addedAt]);
      documents++;
    }
    await folder.writeJson(`${path}/knowledge.json`, base);
    await folder.writeCsv(`${path}/documents.csv`, ['id', 'name', 'file', 'version', 'state', 'passages', 'added'], rows);
  }
  return { knowledgeBases: bases.length, documents };
}

async function* passagesOf(
  client: Client,
  params: Parameters<Client['knowledge']['documents']>[0]['params'],
  { id, name }: Document,
): AsyncGenerator<object> {
  for (let from = 0; ; from += PASSAGES_A_PAGE) {
    const { items, total } = await client.knowledge.passages({
      params: { ...params, document: id },
      query: { from, limit: PASSAGES_A_PAGE },
    });
    for (const passage of items) yield { document: id, documentName: name, ...passage };
    if (items.length === 0 || from + items.length >= total) return;
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // A body without bytes.
}
