import type { BotId, BotSettings, WorkspaceId } from '@privexbot/contract';
import { chatbotFlow } from '@privexbot/flow';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import type { SealingKey } from '../../keys/seal.ts';
import { requireKnowledge } from '../knowledge/index.ts';
import { findDestination, requireChoice } from '../models/index.ts';
import { settingsOf } from './settings.ts';
import { type BotRecord, deleteBot, findLive, insertBot, listBotRows, openBot, requireBotRow, requireVersion, updateBot } from './store.ts';

export type Ports = Context;

export async function listBots(ports: Ports, scope: OrgScope, workspace: WorkspaceId) {
  return scope.transaction(async (tx) => {
    const rows = await listBotRows(tx, workspace);
    return Promise.all(rows.map(async (row) => describeBot(ports, tx, openBot(await botKey(ports, tx, row), row))));
  });
}

export async function createBot(ports: Ports, scope: OrgScope, workspace: WorkspaceId, settings: BotSettings) {
  return scope.transaction(async (tx) => {
    await requireUsable(ports, tx, workspace, settings);
    const row = {
      id: ports.newId('bot'),
      org_id: scope.org,
      workspace_id: workspace,
      data_key: ports.newId('dataKey'),
      version: 1,
      created_at: ports.now(),
    };
    const key = await ports.keyring.createDataKey(tx.keys, scope.org, row.data_key);
    const bot = await insertBot(tx, key, row, { flow: chatbotFlow(settings) });
    tx.audit('bot.created', bot.id);
    return describeBot(ports, tx, bot);
  });
}

export async function getBot(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: BotId) {
  return scope.transaction(async (tx) => describeBot(ports, tx, (await openDraft(ports, tx, id, workspace)).bot));
}

/** @throws AppError `conflict` if somebody changed the draft after `revision` */
export async function changeBot(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  id: BotId,
  change: { settings: BotSettings; revision: number },
) {
  return scope.transaction(async (tx) => {
    const { bot, key } = await openDraft(ports, tx, id, workspace);
    if (bot.version !== change.revision) throw new AppError('conflict');
    await requireUsable(ports, tx, workspace, change.settings);
    const changed = await updateBot(tx, key, bot, { flow: chatbotFlow(change.settings) });
    tx.audit('bot.changed', id, { revision: changed.version });
    return describeBot(ports, tx, changed);
  });
}

export async function removeBot(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: BotId): Promise<void> {
  await scope.transaction(async (tx) => {
    const row = await requireBotRow(tx, id, workspace);
    const keys = await deleteBot(tx, row);
    tx.audit('bot.deleted', id);
    tx.onEnd((committed) => {
      if (committed) for (const key of keys) ports.keyring.forget(key);
    });
  });
}

/** A bot with its key. @throws AppError `not_found` */
export async function openDraft(
  ports: Pick<Context, 'keyring'>,
  tx: Transaction,
  id: BotId,
  workspace?: WorkspaceId,
): Promise<{ bot: BotRecord; key: SealingKey }> {
  const row = await requireBotRow(tx, id, workspace);
  const key = await botKey(ports, tx, row);
  return { bot: openBot(key, row), key };
}

export function botKey({ keyring }: Pick<Context, 'keyring'>, tx: Transaction, row: Pick<BotRecord, 'data_key'>): Promise<SealingKey> {
  return keyring.data(tx.keys, tx.realm, row.data_key);
}

/** Knowledge of the same workspace and a model that is there: what a draft may name. */
async function requireUsable(ports: Ports, tx: Transaction, workspace: WorkspaceId, settings: BotSettings): Promise<void> {
  await requireChoice(ports, tx, settings.model);
  for (const base of settings.knowledgeBases) await requireKnowledge(ports, tx, base, workspace);
}

async function describeBot(ports: Ports, tx: Transaction, bot: BotRecord) {
  const settings = settingsOf(bot.content.flow);
  const key = await botKey(ports, tx, bot);
  const liveId = await findLive(ports.db, tx, key, bot.id);
  const live = liveId && (await requireVersion(tx, key, bot.id, liveId));
  return {
    id: bot.id,
    settings,
    revision: bot.version,
    live: live ? { version: live.id, number: live.number, publishedAt: live.created_at.toISOString() } : null,
    changed: !live || JSON.stringify(live.content.flow) !== JSON.stringify(bot.content.flow),
    destinations: [await findDestination(ports, tx, settings.model)],
    createdAt: bot.created_at.toISOString(),
  };
}
