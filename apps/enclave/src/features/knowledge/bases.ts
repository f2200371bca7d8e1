import type { KnowledgeBaseId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import type { OrgScope } from '../../http/scope.ts';
import { removeStoredFile } from '../uploads/index.ts';
import type { KnowledgeIndexes } from './indexes.ts';
import type { Progresses } from './progresses.ts';
import { type Base, countDocuments, deleteBase, insertBase, listBases, listDocuments, lockBase, requireBase, updateBase } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'blobs' | 'now' | 'newId'> & {
  readonly indexes: KnowledgeIndexes;
  readonly progresses: Progresses;
};

const MANY = 1_000;

export async function listKnowledge({ db }: Ports, scope: OrgScope, workspace: WorkspaceId) {
  return scope.transaction(async (tx) => describe(tx, await listBases(tx, await db.key(tx), workspace)));
}

export async function createKnowledge(ports: Ports, scope: OrgScope, workspace: WorkspaceId, name: string) {
  return scope.transaction(async (tx) => {
    const row = {
      id: ports.newId('knowledgeBase'),
      org_id: scope.org,
      workspace_id: workspace,
      data_key: ports.newId('dataKey'),
      version: 1,
      created_at: ports.now(),
    };
    await ports.keyring.createDataKey(tx.keys, scope.org, row.data_key);
    await insertBase(tx, await ports.db.key(tx), row, { name });
    tx.audit('knowledge.created', row.id);
    return toKnowledge({ ...row, content: { name } });
  });
}

export async function getKnowledge({ db }: Ports, scope: OrgScope, workspace: WorkspaceId, id: KnowledgeBaseId) {
  return scope.transaction(async (tx) => only(await describe(tx, [await requireBase(tx, await db.key(tx), id, workspace)])));
}

export async function renameKnowledge({ db }: Ports, scope: OrgScope, workspace: WorkspaceId, id: KnowledgeBaseId, name: string) {
  return scope.transaction(async (tx) => {
    const key = await db.key(tx);
    const base = await requireBase(tx, key, id, workspace);
    await updateBase(tx, key, base, { name });
    tx.audit('knowledge.renamed', id);
    return only(await describe(tx, [{ ...base, content: { name } }]));
  });
}

/** Destroys the key of the base and of each file, then the rows; answers lose it at once. */
export async function deleteKnowledge(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: KnowledgeBaseId): Promise<void> {
  await scope.transaction(async (tx) => {
    await lockBase(tx, id);
    const base = await requireBase(tx, await ports.db.key(tx), id, workspace);
    const baseKey = await ports.keyring.data(tx.keys, scope.org, base.data_key);
    let documents = 0;
    for (let before: string | undefined; ; ) {
      const page = await listDocuments(tx, baseKey, id, { before, limit: MANY });
      for (const document of page) {
        await removeStoredFile(ports, tx, document.content.file);
        ports.progresses.stopWith(tx, document.id);
      }
      documents += page.length;
      before = page.at(-1)?.id;
      if (page.length < MANY) break;
    }
    await deleteBase(tx, base);
    tx.audit('knowledge.deleted', id, { documents });
    tx.onEnd((committed) => {
      if (!committed) return;
      ports.keyring.forget(base.data_key);
      ports.indexes.drop(scope.org, id);
    });
  });
}

/** @throws AppError `not_found` unless the base belongs to the workspace */
export async function requireKnowledge(
  { db }: Pick<Context, 'db'>,
  tx: Transaction,
  id: KnowledgeBaseId,
  workspace: WorkspaceId,
): Promise<void> {
  await requireBase(tx, await db.key(tx), id, workspace);
}

async function describe(tx: Transaction, bases: readonly Base[]) {
  const counts = await countDocuments(
    tx,
    bases.map(({ id }) => id),
  );
  return bases.map((base) => toKnowledge(base, counts.get(base.id)));
}

function toKnowledge(base: Base, counts = { documents: 0, passages: 0, embedded: 0 }) {
  return { id: base.id, name: base.content.name, ...counts, createdAt: base.created_at.toISOString() };
}

function only<T>([item]: T[]): T {
  if (!item) throw new Error('expected one item');
  return item;
}
