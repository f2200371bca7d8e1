import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { LIMITS } from './limits.ts';

const TextPart = z.object({ type: z.literal('text'), text: z.string() });
const ChatMessage = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  /** Clients send `null` for an assistant that only called a tool. */
  content: z.union([z.string(), z.array(TextPart)]).nullish(),
});

const Model = z.object({ id: z.string(), object: z.literal('model'), created: z.number().int(), owned_by: z.string(), name: z.string() });

/**
 * OpenAI-compatible: a published bot is a model, its id is the model's name. Callers send an API key.
 * Answers and the last streamed chunk carry the extension field `privexbot` with citations, outcome and version.
 */
export const openai = {
  models: endpoint({
    method: 'GET',
    path: '/openai/v1/models',
    summary: 'Published bots as models',
    access: 'ai.invoke',
    rate: 'read',
    audit: null,
    plain: true,
    failures: ['not_allowed'],
    response: z.object({ object: z.literal('list'), data: z.array(Model) }),
  }),
  model: endpoint({
    method: 'GET',
    path: '/openai/v1/models/:model',
    summary: 'One published bot as a model',
    access: 'ai.invoke',
    rate: 'read',
    audit: null,
    plain: true,
    failures: ['not_allowed', 'not_found'],
    params: z.object({ model: z.string().max(100) }),
    response: Model,
  }),
  chat: endpoint({
    method: 'POST',
    path: '/openai/v1/chat/completions',
    summary: 'Ask a bot; streamed when `stream` is true',
    access: 'ai.invoke',
    rate: 'invoke',
    audit: 'conversation.asked',
    plain: true,
    failures: ['not_allowed', 'not_found', 'question_empty', 'busy', 'model_not_allowed', 'spending_limit_reached'],
    body: z.looseObject({
      model: z.string().max(100),
      messages: z
        .array(ChatMessage)
        .min(1)
        .max(LIMITS.historyMessages * 2 + 1),
      stream: z.boolean().nullish(),
      stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
    }),
    download: true,
  }),
  embeddings: endpoint({
    method: 'POST',
    path: '/openai/v1/embeddings',
    summary: 'Embed texts with the shipped model',
    access: 'ai.invoke',
    rate: 'invoke',
    audit: 'embeddings.made',
    plain: true,
    failures: ['not_allowed', 'unknown_model', 'too_large', 'spending_limit_reached'],
    body: z.looseObject({
      model: z.string().max(100),
      input: z.union([z.string(), z.array(z.string()).min(1).max(LIMITS.embeddingInputs)]),
      encoding_format: z.enum(['float', 'base64']).nullish(),
    }),
    response: z.object({
      object: z.literal('list'),
      model: z.string(),
      data: z.array(
        z.object({ object: z.literal('embedding'), index: z.number().int(), embedding: z.union([z.array(z.number()), z.string()]) }),
      ),
      usage: z.object({ prompt_tokens: z.number().int(), total_tokens: z.number().int() }),
    }),
  }),
};
