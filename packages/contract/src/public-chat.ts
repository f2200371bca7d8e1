import * as z from 'zod';
import { Slug } from './bots.ts';
import { AnswerEvent, Ask, CitedPassage, Feedback, Turn } from './conversations.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';

const InPage = z.object({ slug: Slug });
const InConversation = InPage.extend({ conversation: idSchema('conversation') });
const InTurn = InConversation.extend({ turn: idSchema('message') });

/** What a visitor of a hosted page or widget may do. After `start`, calls carry the conversation's token as `Authorization: Bearer`. */
export const publicChat = {
  page: endpoint({
    method: 'GET',
    path: '/v1/public/:slug',
    summary: 'Name, look and greeting of a published bot',
    access: 'public',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InPage,
    query: z.object({ channel: z.enum(['page', 'widget']).default('page') }),
    response: z.object({
      title: z.string(),
      greeting: z.string(),
      suggestedQuestions: z.array(z.string()),
      colour: z.string(),
      language: z.string(),
      /** `quotes` where no language model is installed: answers are sentences of the documents. */
      answers: z.enum(['quotes', 'written']),
      destinations: z.array(z.string()),
    }),
  }),
  start: endpoint({
    method: 'POST',
    path: '/v1/public/:slug/conversations',
    summary: 'Begin a conversation; its token is returned once',
    access: 'public',
    rate: 'public-chat',
    audit: 'conversation.started',
    failures: ['not_found'],
    params: InPage,
    query: z.object({ channel: z.enum(['page', 'widget']).default('page') }),
    response: z.object({ conversation: idSchema('conversation'), token: z.string() }),
  }),
  turns: endpoint({
    method: 'GET',
    path: '/v1/public/:slug/conversations/:conversation',
    summary: 'The turns so far',
    access: 'public',
    rate: 'public-chat',
    audit: 'conversation.read',
    failures: ['not_found'],
    params: InConversation,
    response: z.array(Turn),
  }),
  ask: endpoint({
    method: 'POST',
    path: '/v1/public/:slug/conversations/:conversation/messages',
    summary: 'Ask; the answer is streamed',
    access: 'public',
    rate: 'public-chat',
    audit: 'conversation.asked',
    failures: ['not_found', 'question_empty', 'busy', 'model_not_allowed', 'spending_limit_reached'],
    params: InConversation,
    body: Ask,
    events: AnswerEvent,
  }),
  citation: endpoint({
    method: 'GET',
    path: '/v1/public/:slug/conversations/:conversation/messages/:turn/citations/:number',
    summary: 'Open the document at a citation of the own conversation',
    access: 'public',
    rate: 'public-chat',
    audit: 'document.read',
    failures: ['not_found'],
    params: InTurn.extend({ number: z.coerce.number().int().min(1).max(100) }),
    response: CitedPassage,
  }),
  feedback: endpoint({
    method: 'PUT',
    path: '/v1/public/:slug/conversations/:conversation/messages/:turn/feedback',
    summary: 'Say whether an answer helped',
    access: 'public',
    rate: 'public-chat',
    audit: 'conversation.rated',
    failures: ['not_found'],
    params: InTurn,
    body: Feedback,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/public/:slug/conversations/:conversation',
    summary: 'Delete the own conversation',
    access: 'public',
    rate: 'public-chat',
    audit: 'conversation.deleted',
    failures: ['not_found'],
    params: InConversation,
  }),
};
