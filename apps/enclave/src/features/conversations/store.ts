import type { BotId, Citation, ConversationId, KnowledgeBaseId, MessageId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { openValue, type SealingKey, sealValue } from '../../keys/seal.ts';

export type ConversationRow = Omit<Tables['conversations'], 'sealed'>;
export type TurnRow = Omit<Tables['messages'], 'sealed'>;

export interface TurnContent {
  readonly parent: MessageId | null;
  readonly question: string;
  readonly answer: string;
  readonly citations: readonly StoredCitation[];
  readonly outcome: 'answered' | 'unsure' | 'stopped' | 'failed';
  readonly failure?: string | undefined;
  readonly model: string;
  readonly version: string | null;
  readonly feedback?:
    | { readonly vote: 'up' | 'down'; readonly reason?: string | undefined; readonly text?: string | undefined }
    | undefined;
}

/** A citation with the knowledge base it came from, so that it can be opened. */
export type StoredCitation = Citation & { readonly knowledge: KnowledgeBaseId };
export type TurnRecord = TurnRow & { readonly content: TurnContent };

function conversationPlace(row: ConversationRow) {
  const tokenHash = row.token_hash && Buffer.from(row.token_hash).toString('hex');
  return {
    table: 'conversations',
    realm: row.org_id,
    id: row.id,
    version: 1,
    clear: [row.bot_id, row.channel, row.user_id, tokenHash, row.data_key],
  };
}

function turnPlace(row: TurnRow) {
  return { table: 'messages', realm: row.org_id, id: row.id, version: row.version, clear: [row.conversation_id] };
}

export function sealConversation(key: SealingKey, row: ConversationRow): Tables['conversations'] {
  return { ...row, sealed: sealValue(key, conversationPlace(row), {}) };
}

export function sealTurn(key: SealingKey, row: TurnRow, content: TurnContent, salt?: Uint8Array): Tables['messages'] {
  return { ...row, sealed: sealValue(key, turnPlace(row), content, salt) };
}

export async function insertConversations(tx: Transaction, rows: readonly Tables['conversations'][]): Promise<void> {
  if (rows.length) await tx.sql.insertInto('conversations').values(rows).execute();
}

export async function insertTurns(tx: Transaction, rows: readonly Tables['messages'][]): Promise<void> {
  if (rows.length) await tx.sql.insertInto('messages').values(rows).execute();
}

/** A conversation whose clear columns are as they were sealed. The key is that of its data. */
export async function findConversation(tx: Transaction, id: ConversationId, openKey: (row: ConversationRow) => Promise<SealingKey>) {
  const found = await tx.sql.selectFrom('conversations').selectAll().where('id', '=', id).executeTakeFirst();
  if (!found) return undefined;
  const { sealed, ...row } = found;
  const key = await openKey(row);
  openValue(key, conversationPlace(row), sealed);
  return { row, key };
}

/** All turns of a conversation, oldest first. */
export async function listTurns(tx: Transaction, key: SealingKey, conversation: ConversationId): Promise<TurnRecord[]> {
  const rows = await tx.sql.selectFrom('messages').selectAll().where('conversation_id', '=', conversation).orderBy('id').execute();
  return rows.map(({ sealed, ...row }) => ({ ...row, content: openValue<TurnContent>(key, turnPlace(row), sealed) }));
}

export async function updateTurn(tx: Transaction, key: SealingKey, turn: TurnRecord, content: TurnContent): Promise<void> {
  const { content: _, ...before } = turn;
  const row: TurnRow = { ...before, version: turn.version + 1 };
  await tx.sql
    .updateTable('messages')
    .set({ version: row.version, sealed: sealTurn(key, row, content).sealed })
    .where('id', '=', turn.id)
    .execute();
}

/** Newest first, below `before`, with the number of turns. */
export async function listConversations(tx: Transaction, bot: BotId, page: { before?: string | undefined; limit: number }) {
  let query = tx.sql
    .selectFrom('conversations')
    .select((row) => [
      'id',
      'channel',
      'created_at',
      row
        .selectFrom('messages')
        .select(({ fn }) => fn.countAll<number>().as('turns'))
        .whereRef('conversation_id', '=', 'conversations.id')
        .as('turns'),
    ])
    .where('bot_id', '=', bot)
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.before) query = query.where('id', '<', page.before as ConversationId);
  return query.execute();
}

export async function deleteConversation(tx: Transaction, row: Pick<ConversationRow, 'id' | 'data_key'>): Promise<void> {
  await tx.sql.deleteFrom('conversations').where('id', '=', row.id).execute();
  await tx.sql.deleteFrom('keystore.keys').where('id', '=', row.data_key).execute();
}

/** A citation as it is shown. */
export function toCitation({ knowledge: _, ...citation }: StoredCitation): Citation {
  return citation;
}

export function toTurn({ id, created_at, content }: TurnRecord) {
  const { parent, question, answer, citations, outcome, failure, model, feedback } = content;
  return {
    id,
    parent,
    question,
    answer,
    citations: citations.map(toCitation),
    outcome,
    model,
    at: created_at.toISOString(),
    ...(failure ? { failure } : {}),
    ...(feedback ? { feedback: feedback.vote } : {}),
  };
}
