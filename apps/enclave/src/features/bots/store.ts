import type { BotId, OrgId, UserId, VersionId, WorkspaceId } from '@privexbot/contract';
import type { Flow } from '@privexbot/flow';
import type { Database, Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import { openValue, type SealingKey, sealValue } from '../../keys/seal.ts';

export interface BotContent {
  readonly flow: Flow;
}

export interface VersionContent {
  readonly flow: Flow;
  readonly note: string;
  readonly publishedBy: UserId;
  /** HMAC of the flow: equal content has an equal address, and the address confirms no guess. */
  readonly address: string;
}

export interface DeploymentContent {
  readonly slug: string;
  readonly allowedSites: readonly string[];
}

export type Channel = Tables['deployments']['channel'];
type BotRow = Omit<Tables['bots'], 'sealed'>;
type VersionRow = Omit<Tables['bot_versions'], 'sealed'>;
type DeploymentRow = Omit<Tables['deployments'], 'sealed'>;
export type BotRecord = BotRow & { readonly content: BotContent };
export type VersionRecord = VersionRow & { readonly content: VersionContent };
export type DeploymentRecord = DeploymentRow & { readonly content: DeploymentContent };

const NOTHING = {};

function botPlace(row: BotRow) {
  return { table: 'bots', realm: row.org_id, id: row.id, version: row.version, clear: [row.workspace_id, row.data_key] };
}

function versionPlace(row: VersionRow) {
  return { table: 'bot_versions', realm: row.org_id, id: row.id, version: row.number, clear: [row.bot_id] };
}

function livePlace(row: Omit<Tables['live_versions'], 'sealed'>) {
  return { table: 'live_versions', realm: row.org_id, id: row.bot_id, version: row.version, clear: [row.version_id] };
}

function deploymentPlace(row: DeploymentRow) {
  return { table: 'deployments', realm: row.org_id, id: row.id, version: row.version, clear: [row.bot_id, row.channel, row.enabled] };
}

export async function insertBot(tx: Transaction, key: SealingKey, row: BotRow, content: BotContent): Promise<BotRecord> {
  await tx.sql
    .insertInto('bots')
    .values({ ...row, sealed: sealValue(key, botPlace(row), content) })
    .execute();
  return { ...row, content };
}

/** @throws AppError `conflict` if the draft was changed since `bot` was read */
export async function updateBot(tx: Transaction, key: SealingKey, bot: BotRecord, content: BotContent): Promise<BotRecord> {
  const { content: _, ...before } = bot;
  const row: BotRow = { ...before, version: bot.version + 1 };
  const { numUpdatedRows } = await tx.sql
    .updateTable('bots')
    .set({ version: row.version, sealed: sealValue(key, botPlace(row), content) })
    .where('id', '=', bot.id)
    .where('version', '=', bot.version)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new AppError('conflict');
  return { ...row, content };
}

/** A bot's clear columns. @throws AppError `not_found`, also for a bot of another workspace */
export async function requireBotRow(tx: Transaction, id: BotId, workspace?: WorkspaceId): Promise<Tables['bots']> {
  const row = await tx.sql.selectFrom('bots').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || (workspace && row.workspace_id !== workspace)) throw new AppError('not_found');
  return row;
}

export function openBot(key: SealingKey, { sealed, ...row }: Tables['bots']): BotRecord {
  return { ...row, content: openValue<BotContent>(key, botPlace(row), sealed) };
}

export async function listBotRows(tx: Transaction, workspace?: WorkspaceId): Promise<Tables['bots'][]> {
  const query = tx.sql.selectFrom('bots').selectAll().orderBy('id', 'desc');
  return (workspace ? query.where('workspace_id', '=', workspace) : query).execute();
}

/** Destroys the keys of the bot and of its conversations with its rows. @returns the ids of those keys */
export async function deleteBot(tx: Transaction, bot: Tables['bots']): Promise<string[]> {
  await tx.lock('live_versions');
  await tx.lock('deployments');
  const conversations = tx.sql.selectFrom('conversations').select('data_key').where('bot_id', '=', bot.id);
  const keys = await tx.sql
    .deleteFrom('keystore.keys')
    .where(({ eb, or }) => or([eb('id', '=', bot.data_key), eb('id', 'in', conversations)]))
    .returning('id')
    .execute();
  if (await tx.sql.selectFrom('live_versions').select('bot_id').where('bot_id', '=', bot.id).executeTakeFirst())
    await tx.record('live_versions', bot.id, null);
  for (const { id } of await tx.sql.selectFrom('deployments').select('id').where('bot_id', '=', bot.id).execute())
    await tx.record('deployments', id, null);
  await tx.sql.deleteFrom('live_versions').where('bot_id', '=', bot.id).execute();
  await tx.sql.deleteFrom('bots').where('id', '=', bot.id).execute();
  return keys.map(({ id }) => id);
}

export async function insertVersion(tx: Transaction, key: SealingKey, row: VersionRow, content: VersionContent): Promise<VersionRecord> {
  await tx.sql
    .insertInto('bot_versions')
    .values({ ...row, sealed: sealValue(key, versionPlace(row), content) })
    .execute();
  return { ...row, content };
}

/** Newest first. */
export async function listVersions(tx: Transaction, key: SealingKey, bot: BotId): Promise<VersionRecord[]> {
  const rows = await tx.sql.selectFrom('bot_versions').selectAll().where('bot_id', '=', bot).orderBy('number', 'desc').execute();
  return rows.map(({ sealed, ...row }) => ({ ...row, content: openValue<VersionContent>(key, versionPlace(row), sealed) }));
}

/** @throws AppError `not_found`, also for a version of another bot */
export async function requireVersion(tx: Transaction, key: SealingKey, bot: BotId, id: VersionId): Promise<VersionRecord> {
  const found = await tx.sql.selectFrom('bot_versions').selectAll().where('id', '=', id).where('bot_id', '=', bot).executeTakeFirst();
  if (!found) throw new AppError('not_found');
  const { sealed, ...row } = found;
  return { ...row, content: openValue<VersionContent>(key, versionPlace(row), sealed) };
}

/** The version that answers. @throws AppError `integrity_failed` if the pointer was set back or forged */
export async function findLive(db: Database, tx: Transaction, key: SealingKey, bot: BotId): Promise<VersionId | undefined> {
  const row = await tx.sql.selectFrom('live_versions').selectAll().where('bot_id', '=', bot).executeTakeFirst();
  if (!row) return undefined;
  await db.heads.check(tx, 'live_versions', bot, row.sealed);
  openValue(key, livePlace(row), row.sealed);
  return row.version_id;
}

export async function setLive(tx: Transaction, key: SealingKey, bot: BotId, version: VersionId): Promise<void> {
  await tx.lock('live_versions');
  const before = await tx.sql.selectFrom('live_versions').select('version').where('bot_id', '=', bot).executeTakeFirst();
  const row = { bot_id: bot, org_id: tx.realm, version_id: version, version: (before?.version ?? 0) + 1 };
  const sealed = sealValue(key, livePlace(row), NOTHING);
  await tx.sql
    .insertInto('live_versions')
    .values({ ...row, sealed })
    .onConflict((conflict) => conflict.column('bot_id').doUpdateSet({ version_id: version, version: row.version, sealed }))
    .execute();
  await tx.record('live_versions', bot, sealed);
}

/** @throws AppError `integrity_failed` if one was set back or forged */
export async function listDeployments(db: Database, tx: Transaction, key: SealingKey, bot: BotId): Promise<DeploymentRecord[]> {
  const rows = await tx.sql.selectFrom('deployments').selectAll().where('bot_id', '=', bot).execute();
  for (const row of rows) await db.heads.check(tx, 'deployments', row.id, row.sealed);
  return rows.map(({ sealed, ...row }) => ({ ...row, content: openValue<DeploymentContent>(key, deploymentPlace(row), sealed) }));
}

export async function putDeployment(
  tx: Transaction,
  key: SealingKey,
  row: DeploymentRow,
  content: DeploymentContent,
): Promise<DeploymentRecord> {
  await tx.lock('deployments');
  const sealed = sealValue(key, deploymentPlace(row), content);
  await tx.sql
    .insertInto('deployments')
    .values({ ...row, sealed })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ enabled: row.enabled, version: row.version, sealed }))
    .execute();
  await tx.record('deployments', row.id, sealed);
  return { ...row, content };
}

/** Gives the bot a public name in place of the one it had. @throws AppError `name_taken` */
export async function claimName(tx: Transaction, nameIndex: Uint8Array, bot: BotId): Promise<void> {
  await tx.sql.deleteFrom('public_names').where('bot_id', '=', bot).execute();
  const { numInsertedOrUpdatedRows } = await tx.sql
    .insertInto('public_names')
    .values({ name_index: nameIndex, org_id: tx.realm, bot_id: bot })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) throw new AppError('name_taken');
}

/** Which bot a public name points to. Only a pointer: its deployment decides. */
export async function findName(db: Database, nameIndex: Uint8Array): Promise<{ org: OrgId; bot: BotId } | undefined> {
  return db.transaction('environment', 'system', (tx) =>
    tx.sql.selectFrom('public_names').select(['org_id as org', 'bot_id as bot']).where('name_index', '=', nameIndex).executeTakeFirst(),
  );
}
