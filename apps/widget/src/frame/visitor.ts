/** The visitor's side of one conversation. Its token stays in this tab; closing the tab forgets it. */
import type { Client } from '@privexbot/sdk';
import type { Vote } from '@privexbot/ui/chat/FeedbackButtons.tsx';
import type { ChatTurn } from '@privexbot/ui/chat/turns.ts';
import type { AskInput } from '@privexbot/ui/chat/use-chat.ts';
import type { Failure } from '@privexbot/ui/failure.ts';
import type { ChatAddress } from './address.ts';

interface Conversation {
  conversation: string;
  token: string;
}

let loading: Promise<Client> | undefined;
/** The typed client, fetched after the composer is there. */
export function api(): Promise<Client> {
  loading ??= import('./client.ts').then(({ client }) => client);
  return loading;
}

export function createVisitor({ slug, channel }: ChatAddress) {
  const key = `chat-${slug}`;
  let current = recallConversation(key);
  const headers = () => ({ headers: { authorization: `Bearer ${current?.token ?? ''}` } });
  const params = () => ({ slug, conversation: current?.conversation ?? '' });

  async function begin(): Promise<void> {
    current = await (await api()).publicChat.start({ params: { slug }, query: { channel } });
    keepConversation(key, current);
  }

  return {
    page: async () => (await api()).publicChat.page({ params: { slug }, query: { channel } }),
    /** The turns of this tab's conversation; none where it has not begun or is gone. */
    async turns() {
      if (!current) return [];
      try {
        return await (await api()).publicChat.turns({ params: params() }, headers());
      } catch (error) {
        if (toFailure(error).code === 'not_found') forget();
        return [];
      }
    },
    async ask({ question, before, signal }: AskInput) {
      if (!current) await begin();
      const parent = before.findLast((turn) => turn.id)?.id ?? null;
      return (await api()).publicChat.ask({ params: params(), body: { question, parent } }, { ...headers(), signal });
    },
    openCitation: async (turn: ChatTurn, number: number) =>
      (await api()).publicChat.citation({ params: { ...params(), turn: turn.id ?? '', number } }, headers()),
    feedback: async (turn: ChatTurn, body: Vote) =>
      (await api()).publicChat.feedback({ params: { ...params(), turn: turn.id ?? '' }, body }, headers()),
    async delete() {
      if (current) await (await api()).publicChat.delete({ params: params() }, headers());
      forget();
    },
  };

  function forget(): void {
    current = undefined;
    keepConversation(key, undefined);
  }
}

export type Visitor = ReturnType<typeof createVisitor>;

export function toFailure(error: unknown): Failure {
  if (error instanceof Error && error.name === 'ApiError') return error as Error & Failure;
  return { code: 'internal', reference: '', retry: true, details: {} };
}

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
