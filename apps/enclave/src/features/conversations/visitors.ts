import type { AnswerEvent, ConversationId, MessageId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { PublicScope } from '../../http/scope.ts';
import { equalBytes } from '../../keys/keyring.ts';
import { randomBytes } from '../../random.ts';
import { type LiveBot, settingsOf } from '../bots/index.ts';
import { readCitedPassage } from '../knowledge/index.ts';
import { findDestination } from '../models/index.ts';
import { continueFrom, openThread, type Ports } from './ask.ts';
import { deleteConversation, insertConversations, sealConversation, type TurnContent, toTurn, updateTurn } from './store.ts';
import { answerTurn, cleanQuestion, newThread } from './turns.ts';

/** Where a visitor's conversation begins; one without a token began elsewhere. */
type Channel = 'page' | 'widget';

interface Named {
  readonly slug: string;
  readonly conversation: ConversationId;
}

const VISITOR = 'visitor';

/** What visitors of a hosted page or a widget do. A conversation is theirs who hold its token. */
export function visitorRoutes(ports: Ports): Handlers<'publicChat'> {
  return {
    page: (_, { params, query }) => showPage(ports, params.slug, query.channel),
    start: (_, { params, query }) => startConversation(ports, params.slug, query.channel),
    turns: (scope, { params }) => listOwnTurns(ports, scope, params),
    ask: (scope, { params, body }) => ask(ports, scope, params, body),
    citation: (scope, { params }) => openCitation(ports, scope, params, params.turn, params.number),
    feedback: (scope, { params, body }) => rate(ports, scope, params, params.turn, body),
    delete: (scope, { params }) => deleteOwn(ports, scope, params),
  };
}

async function showPage(ports: Ports, slug: string, channel: Channel) {
  const live = await requireLive(ports, slug, channel);
  const settings = settingsOf(live.flow);
  const destination = await ports.db.transaction(live.org, 'system', (tx) => findDestination(ports, tx, settings.model));
  return {
    title: settings.look.title || settings.name,
    greeting: settings.greeting,
    suggestedQuestions: settings.suggestedQuestions,
    colour: settings.look.colour,
    language: settings.language,
    answers: settings.model === 'grounded' ? ('quotes' as const) : ('written' as const),
    destinations: [destination],
  };
}

async function startConversation(ports: Ports, slug: string, channel: Channel) {
  const live = await requireLive(ports, slug, channel);
  const token = randomBytes(32).toString('base64url');
  const tokenHash = ports.keyring.blindIndex('conversation', token);
  const { row } = newThread(ports, { org: live.org, bot: live.bot, channel, user: null, tokenHash });
  await ports.db.transaction(live.org, VISITOR, async (tx) => {
    const key = await ports.keyring.createDataKey(tx.keys, live.org, row.data_key);
    await insertConversations(tx, [sealConversation(key, row)]);
    tx.audit('conversation.started', row.id, { channel, bot: live.bot });
  });
  return { conversation: row.id, token };
}

async function listOwnTurns(ports: Ports, scope: PublicScope, named: Named) {
  const { live, turns } = await openOwn(ports, scope, named);
  await ports.db.audit(live.org, {
    action: 'conversation.read',
    actor: VISITOR,
    target: named.conversation,
    facts: { turns: turns.length },
  });
  return turns.map(toTurn);
}

async function ask(
  ports: Ports,
  scope: PublicScope,
  named: Named,
  asked: { question: string; parent?: MessageId | null | undefined },
): Promise<AsyncGenerator<AnswerEvent>> {
  const question = cleanQuestion(asked.question);
  const { live, row, key, turns } = await openOwn(ports, scope, named);
  const { org, flow, version } = live;
  const thread = { row, key };
  return answerTurn(
    ports,
    { org, user: undefined, flow, version, question, thread, ...continueFrom(turns, asked.parent), actor: VISITOR, caller: scope.address },
    scope.signal,
  );
}

async function openCitation(ports: Ports, scope: PublicScope, named: Named, turn: MessageId, number: number) {
  const { live, turns } = await openOwn(ports, scope, named);
  const citation = turns.find(({ id }) => id === turn)?.content.citations.find((one) => one.number === number);
  if (!citation) throw new AppError('not_found');
  const opened = await readCitedPassage(ports, live.org, citation.knowledge, citation);
  await ports.db.audit(live.org, {
    action: 'document.read',
    actor: VISITOR,
    target: citation.document,
    facts: { passage: citation.passage },
  });
  return opened;
}

async function rate(
  ports: Ports,
  scope: PublicScope,
  named: Named,
  id: MessageId,
  { vote, ...why }: { vote: 'up' | 'down' | null; reason?: string | undefined; text?: string | undefined },
) {
  const { live, key, turns } = await openOwn(ports, scope, named);
  const turn = turns.find((one) => one.id === id);
  if (!turn) throw new AppError('not_found');
  const content: TurnContent = { ...turn.content, feedback: vote ? { vote, ...why } : undefined };
  await ports.db.transaction(live.org, VISITOR, async (tx) => {
    await updateTurn(tx, key, turn, content);
    tx.audit('conversation.rated', id, { vote: vote ?? 'none' });
  });
}

/** Destroys the conversation's key with its rows. */
async function deleteOwn(ports: Ports, scope: PublicScope, named: Named): Promise<void> {
  const { live, row } = await openOwn(ports, scope, named);
  await ports.db.transaction(live.org, VISITOR, async (tx) => {
    await deleteConversation(tx, row);
    tx.audit('conversation.deleted', row.id);
    tx.onEnd((committed) => committed && ports.keyring.forget(row.data_key));
  });
}

/** The visitor's own conversation: the token says so, and the bot is still reachable on the channel it began on. */
async function openOwn(ports: Ports, scope: PublicScope, { slug, conversation }: Named) {
  const token = scope.request.headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
  const tokenHash = ports.keyring.blindIndex('conversation', token);
  const live = (await ports.live.findByName(slug, 'page')) ?? (await ports.live.findByName(slug, 'widget'));
  if (!live) throw new AppError('not_found');
  const opened = await ports.db.transaction(live.org, VISITOR, (tx) =>
    openThread(
      ports,
      tx,
      conversation,
      ({ bot_id, channel, token_hash }) =>
        bot_id === live.bot && live.channels.has(channel as Channel) && token_hash !== null && equalBytes(token_hash, tokenHash),
    ),
  );
  return { live, ...opened };
}

async function requireLive(ports: Ports, slug: string, channel: Channel): Promise<LiveBot> {
  const live = await ports.live.findByName(slug, channel);
  if (!live) throw new AppError('not_found');
  return live;
}
