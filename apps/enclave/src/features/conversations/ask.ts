import type { AnswerEvent, BotId, ConversationId, MessageId, WorkspaceId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { type LiveBots, openDraft, requireBotRow } from '../bots/index.ts';
import { type HistoryTurn, historyOf } from './history.ts';
import { type ConversationRow, findConversation, listConversations, listTurns, type TurnRecord, toTurn } from './store.ts';
import { answerPreview, answerTurn, cleanQuestion, newThread, type Thread, type Ports as TurnPorts } from './turns.ts';

export type Ports = TurnPorts & { readonly live: LiveBots };

interface Ask {
  readonly question: string;
  readonly parent?: MessageId | null | undefined;
  readonly conversation?: ConversationId | undefined;
}

/** A member or a program asks the live version. */
export async function askBot(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  bot: BotId,
  asked: Ask,
): Promise<AsyncGenerator<AnswerEvent>> {
  const question = cleanQuestion(asked.question);
  await scope.transaction((tx) => requireBotRow(tx, bot, workspace));
  const live = await ports.live.find(scope.org, bot);
  if (!live) throw new AppError('nothing_published');
  const id = asked.conversation;
  const opened = id
    ? await scope.transaction((tx) => openThread(ports, tx, id, ({ bot_id, user_id }) => bot_id === bot && user_id === scope.user))
    : undefined;
  const thread: Thread = opened ?? newThread(ports, { org: scope.org, bot, channel: 'member', user: scope.user });
  const { flow, version } = live;
  const { history, parent } = continueFrom(opened?.turns ?? [], asked.parent);
  return answerTurn(
    ports,
    { org: scope.org, user: scope.user, flow, version, question, history, parent, thread, actor: scope.actor, caller: scope.actor },
    scope.signal,
  );
}

/** Asks the draft; the caller keeps the conversation. */
export async function previewBot(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  bot: BotId,
  asked: { question: string; history: HistoryTurn[] },
): Promise<AsyncGenerator<AnswerEvent>> {
  const question = cleanQuestion(asked.question);
  const { bot: draft } = await scope.transaction((tx) => openDraft(ports, tx, bot, workspace));
  const { flow } = draft.content;
  return answerPreview(
    ports,
    {
      org: scope.org,
      user: scope.user,
      flow,
      version: null,
      question,
      history: asked.history,
      bot,
      actor: scope.actor,
      caller: scope.actor,
    },
    scope.signal,
  );
}

export async function listConversationsOf(
  scope: OrgScope,
  workspace: WorkspaceId,
  bot: BotId,
  page: { cursor?: string | undefined; limit: number },
) {
  const rows = await scope.transaction(async (tx) => {
    await requireBotRow(tx, bot, workspace);
    return listConversations(tx, bot, { before: page.cursor, limit: page.limit + 1 });
  });
  const items = rows
    .slice(0, page.limit)
    .map(({ id, channel, turns, created_at }) => ({ id, channel, turns: turns ?? 0, startedAt: created_at.toISOString() }));
  const last = items.at(-1);
  return rows.length > page.limit && last ? { items, next: last.id } : { items };
}

export async function readConversation(ports: Ports, scope: OrgScope, workspace: WorkspaceId, bot: BotId, id: ConversationId) {
  const { turns } = await scope.transaction(async (tx) => {
    await requireBotRow(tx, bot, workspace);
    return openThread(ports, tx, id, ({ bot_id }) => bot_id === bot);
  });
  await scope.audit('conversation.read', id, { turns: turns.length });
  return { id, turns: turns.map(toTurn) };
}

/** A conversation with its turns. @throws AppError `not_found` unless it is there and `allows` says so */
export async function openThread(
  ports: Pick<Ports, 'keyring'>,
  tx: Transaction,
  id: ConversationId,
  allows: (row: ConversationRow) => boolean,
) {
  const found = await findConversation(tx, id, (row) => ports.keyring.data(tx.keys, tx.realm, row.data_key));
  if (!found || !allows(found.row)) throw new AppError('not_found');
  return { row: found.row, key: found.key, turns: await listTurns(tx, found.key, id) };
}

/**
 * Where a question joins the conversation: after the named turn, after the latest, or (`null`) at its beginning.
 * @throws AppError `not_found` for a turn of another conversation
 */
export function continueFrom(
  turns: readonly TurnRecord[],
  parent: MessageId | null | undefined,
): { history: HistoryTurn[]; parent: MessageId | null } {
  if (parent && !turns.some(({ id }) => id === parent)) throw new AppError('not_found');
  const joined = parent === undefined ? (turns.at(-1)?.id ?? null) : parent;
  return { history: historyOf(turns, joined), parent: joined };
}
