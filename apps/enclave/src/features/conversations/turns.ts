import type { AnswerEvent, BotId, ConversationId, ErrorCode, MessageId, OrgId, UserId, VersionId } from '@privexbot/contract';
import { Batcher } from '../../db/batcher.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { toAppError } from '../../http/errors.ts';
import type { SealingKey } from '../../keys/seal.ts';
import { type Count, countUsage } from '../usage/index.ts';
import { type Answer, type Ports as AnswerPorts, newAnswer, type Question, runAnswer } from './answer.ts';
import { FairGate } from './fair-gate.ts';
import {
  type ConversationRow,
  insertConversations,
  insertTurns,
  sealConversation,
  sealTurn,
  type TurnContent,
  type TurnRow,
  toCitation,
} from './store.ts';

/** A conversation that a turn belongs to; one that is not stored yet is stored with its first turn. */
export interface Thread {
  readonly row: ConversationRow;
  /** Absent where the conversation is new. */
  readonly key: SealingKey | undefined;
}

interface Asked extends Question {
  /** Absent for a draft. */
  readonly version: VersionId | null;
  /** For the audit log, and whose turn it is when many ask. */
  readonly actor: string;
  readonly caller: string;
}

interface AskedInThread extends Asked {
  readonly thread: Thread;
  readonly parent: MessageId | null;
}

/** How an answer ended. */
interface Ending {
  readonly outcome: TurnContent['outcome'];
  readonly failure?: ErrorCode;
}

interface Written {
  readonly thread: Thread;
  readonly row: TurnRow;
  readonly content: TurnContent;
  readonly answer: Answer;
  readonly actor: string;
  readonly user: UserId | undefined;
}

export type Ports = AnswerPorts & { readonly turns: TurnWriter };

const RUNNING = 64;
const WAITING_PER_CALLER = 100;
const COMMIT_WAIT_MS = 1;

/** Stores turns: those that end at the same time are committed together, each with its audit entry and its meter. */
export class TurnWriter {
  readonly #batcher: Batcher<OrgId, Written>;
  readonly gate = new FairGate({ running: RUNNING, waitingPerCaller: WAITING_PER_CALLER });

  constructor(ports: AnswerPorts) {
    this.#batcher = new Batcher({
      maxWaitMs: COMMIT_WAIT_MS,
      maxItems: 200,
      flush: (org, batch) => ports.db.transaction(org, 'system', (tx) => storeTurns(ports, tx, batch)),
    });
  }

  write(turn: Written): Promise<void> {
    return this.#batcher.add(turn.row.org_id, turn);
  }

  drain(): Promise<void> {
    return this.#batcher.drain();
  }
}

/**
 * Answers a question and stores the turn. What was said before a failure or a stop is stored with it; `done` comes only
 * after the turn is on disk.
 */
export function answerTurn(ports: Ports, asked: AskedInThread, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const turn = ports.newId('message');
  const keep = (answer: Answer, ending: Ending) => ports.turns.write(toWritten(ports, asked, turn, answer, ending));
  return answer(ports, asked, { turn, conversation: asked.thread.row.id }, keep, signal);
}

/** Answers for the preview of a draft: nothing is stored but the meter and the audit entry. */
export function answerPreview(ports: Ports, asked: Asked & { bot: BotId }, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const keep = (answer: Answer, { outcome }: Ending) =>
    ports.db.transaction(asked.org, asked.actor, async (tx) => {
      await countUsage(tx, usageOf(ports, answer, asked.user));
      tx.audit('bot.previewed', asked.bot, { outcome });
    });
  return answer(ports, asked, { turn: ports.newId('message') }, keep, signal);
}

async function* answer(
  ports: Ports,
  asked: Asked,
  place: { turn: MessageId; conversation?: ConversationId },
  keep: (answer: Answer, ending: Ending) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const started = performance.now();
  using _place = await ports.turns.gate.enter(asked.caller, signal);
  yield { type: 'started', ...place };
  const answer = newAnswer();
  let ending: Ending = { outcome: 'stopped' };
  try {
    for await (const text of runAnswer(ports, asked, answer, signal)) yield { type: 'text', text };
    ending = { outcome: answer.outcome };
  } catch (thrown) {
    if (!signal.aborted) ending = { outcome: 'failed', failure: toAppError(thrown).code };
    throw thrown;
  } finally {
    // Also reached when the reader leaves in the middle.
    await keep(answer, ending).finally(() => settle(ports, asked, answer));
  }
  yield {
    type: 'done',
    outcome: answer.outcome,
    citations: answer.citations.map(toCitation),
    model: answer.model,
    version: asked.version,
    milliseconds: Math.round(performance.now() - started),
    tokens: answer.tokens,
  };
}

/** What the calls used is on record, and no longer under way. */
function settle(ports: Ports, { user }: Asked, answer: Answer): void {
  answer.spending[0]?.counted(usageOf(ports, answer, user));
  for (const spending of answer.spending) spending[Symbol.dispose]();
}

/** A new conversation, not stored yet. */
export function newThread(
  ports: Pick<Ports, 'newId' | 'now'>,
  at: { org: OrgId; bot: BotId; channel: string; user: UserId | null; tokenHash?: Uint8Array },
): Thread {
  const row: ConversationRow = {
    id: ports.newId('conversation'),
    org_id: at.org,
    bot_id: at.bot,
    channel: at.channel,
    user_id: at.user,
    token_hash: at.tokenHash ?? null,
    data_key: ports.newId('dataKey'),
    created_at: ports.now(),
  };
  return { row, key: undefined };
}

/** Takes control characters out and refuses what is then empty. */
export function cleanQuestion(question: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = question.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').trim();
  if (!clean) throw new AppError('question_empty');
  return clean;
}

function toWritten(ports: Ports, asked: AskedInThread, id: MessageId, answer: Answer, { outcome, failure }: Ending): Written {
  const { thread, parent, question, version, actor, user } = asked;
  const { text, citations, model } = answer;
  return {
    thread,
    row: { id, org_id: asked.org, conversation_id: thread.row.id, version: 1, created_at: ports.now() },
    content: { parent, question, answer: text, citations, outcome, failure, model, version },
    answer,
    actor,
    user,
  };
}

async function storeTurns(ports: AnswerPorts, tx: Transaction, batch: readonly Written[]): Promise<void> {
  const keys = new Map<ConversationId, SealingKey>();
  const fresh = new Map<ConversationId, ConversationRow>();
  for (const { thread } of batch)
    if (thread.key) keys.set(thread.row.id, thread.key);
    else fresh.set(thread.row.id, thread.row);
  const made = await ports.keyring.createDataKeys(
    tx.keys,
    tx.realm,
    [...fresh.values()].map(({ data_key }) => data_key),
  );
  const conversations = [...fresh.values()].flatMap((row, index) => {
    const key = made[index];
    if (!key) return [];
    keys.set(row.id, key);
    return [sealConversation(key, row)];
  });
  const turns = batch.flatMap(({ row, content }) => {
    const key = keys.get(row.conversation_id);
    return key ? [sealTurn(key, row, content)] : [];
  });
  const counts = batch.flatMap(({ answer, user }) => usageOf(ports, answer, user));
  // Sent together, and run in this order.
  await Promise.all([insertConversations(tx, conversations), insertTurns(tx, turns), countUsage(tx, counts)]);
  for (const { row, content, thread, actor } of batch)
    tx.auditAs({
      action: 'conversation.asked',
      actor,
      target: row.conversation_id,
      facts: { channel: thread.row.channel, outcome: content.outcome, citations: content.citations.length, bot: thread.row.bot_id },
    });
}

function usageOf(
  { embedder }: Pick<AnswerPorts, 'embedder'>,
  { model, modelCalls, tokens, embedded }: Answer,
  user: UserId | undefined,
): Count[] {
  const rows = [
    { meter: 'model_calls', model, amount: modelCalls },
    { meter: 'input_tokens', model, amount: tokens.input },
    { meter: 'output_tokens', model, amount: tokens.output },
    { meter: 'embedded_texts', model: embedder.model, amount: embedded },
  ] as const;
  return rows.filter(({ amount }) => amount > 0).map((row) => ({ ...row, user }));
}
