/** The visitor's side of one conversation. Its token stays in this tab; closing the tab forgets it. */
import type { Client } from '@privexbot/sdk';
import type { Vote } from '@privexbot/ui/chat/FeedbackButtons.tsx';
import type { ChatTurn } from '@privexbot/ui/chat/turns.ts';
import type { AskInput } from '@privexbot/ui/chat/use-chat.ts';
import { toFailure } from '@privexbot/ui/failure.ts';
import type { ChatAddress } from './address.ts';

interface Conversation {
  conversation: string;
  token: string;
}

type VisitorApi = Client['publicChat'];

let loading: Promise<VisitorApi> | undefined;
/** The calls of a visitor, fetched after the composer is there. */
function api(): Promise<VisitorApi> {
  loading ??= import('./client.ts').then(({ client }) => client);
  return loading;
}

export function createVisitor({ slug, channel, pin }: ChatAddress) {
  // The token of a conversation is for the environment that gave it: a link that names another one finds none.
  const key = pin === undefined ? `chat-${slug}` : `chat-${slug} ${pin}`;
  let current = recallConversation(key);
  const headers = () => ({ headers: { authorization: `Bearer ${current?.token ?? ''}` } });
  const params = () => ({ slug, conversation: current?.conversation ?? '' });

  async function begin(): Promise<void> {
    current = await (await api()).start({ params: { slug }, query: { channel } });
    keepConversation(key, current);
  }

  return {
    page: async () => (await api()).page({ params: { slug }, query: { channel } }),
    /** The turns of this tab's conversation; none where it has not begun or is gone. */
    async turns() {
      if (!current) return [];
      try {
        return await (await api()).turns({ params: params() }, headers());
      } catch (error) {
        if (toFailure(error).code === 'not_found') forget();
        return [];
      }
    },
    async ask({ question, before, signal }: AskInput) {
      if (!current) await begin();
      const parent = before.findLast((turn) => turn.id)?.id ?? null;
      return (await api()).ask({ params: params(), body: { question, parent } }, { ...headers(), signal });
    },
    openCitation: async (turn: ChatTurn, number: number) =>
      (await api()).citation({ params: { ...params(), turn: turn.id ?? '', number } }, headers()),
    feedback: async (turn: ChatTurn, body: Vote) =>
      (await api()).feedback({ params: { ...params(), turn: turn.id ?? '' }, body }, headers()),
    async delete() {
      if (current) await (await api()).delete({ params: params() }, headers());
      forget();
    },
  };

  function forget(): void {
    current = undefined;
    keepConversation(key, undefined);
  }
}

export type Visitor = ReturnType<typeof createVisitor>;

function recallConversation(key: string): Conversation | undefined {
  try {
    const { conversation, token } = JSON.parse(sessionStorage.getItem(key) ?? '{}');
    return typeof conversation === 'string' && typeof token === 'string' ? { conversation, token } : undefined;
  } catch {
    return undefined;
  }
}

function keepConversation(key: string, value: Conversation | undefined): void {
  try {
    if (value) sessionStorage.setItem(key, JSON.stringify(value));
    else sessionStorage.removeItem(key);
  } catch {
    // Storage is refused, as in some frames: the conversation lasts until the page is left.
  }
}
