import * as z from 'zod';
import { ANSWER_STYLES, BOT_DEFAULTS, TONES } from './bot-defaults.ts';
import { InWorkspace, Page, pageOf, Time } from './common.ts';
import { AnswerEvent, Ask, Turn } from './conversations.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';

/** `grounded` is built in; `machine` is the model set by whoever runs the machine; others are ids of the organization's models. */
export const ModelChoice = z.union([z.enum(['grounded', 'machine']), idSchema('model')]);

/** The form of a chatbot. It writes the bot's flow and can be read back from it without loss. */
export const BotSettings = z.object({
  name: z.string().trim().min(1).max(LIMITS.nameLength),
  instructions: z.string().max(LIMITS.instructionsLength).default(BOT_DEFAULTS.instructions),
  greeting: z.string().max(LIMITS.greetingLength).default(BOT_DEFAULTS.greeting),
  suggestedQuestions: z
    .array(z.string().trim().min(1).max(200))
    .max(LIMITS.suggestedQuestions)
    .default([...BOT_DEFAULTS.suggestedQuestions]),
  tone: z.enum(TONES).default(BOT_DEFAULTS.tone),
  /** BCP 47 tag to answer in, or `auto` for that of the question. */
  language: z.string().max(35).default(BOT_DEFAULTS.language),
  knowledgeBases: z
    .array(idSchema('knowledgeBase'))
    .max(20)
    .default([...BOT_DEFAULTS.knowledgeBases]),
  model: ModelChoice.default(BOT_DEFAULTS.model),
  answerStyle: z.enum(ANSWER_STYLES).default(BOT_DEFAULTS.answerStyle),
  /** What it says when its documents hold no answer; empty for the standard sentence. */
  whenUnsure: z.string().max(LIMITS.greetingLength).default(BOT_DEFAULTS.whenUnsure),
  look: z
    .object({
      /** `#rrggbb`; used only where it passes contrast, else the nearest that does. */
      colour: z
        .string()
        .regex(/^#[0-9a-f]{6}$/i)
        .default(BOT_DEFAULTS.look.colour),
      title: z.string().max(LIMITS.nameLength).default(BOT_DEFAULTS.look.title),
    })
    .prefault({}),
  maxOutputTokens: z.number().int().min(16).max(8_192).default(BOT_DEFAULTS.maxOutputTokens),
  temperature: z.number().min(0).max(2).default(BOT_DEFAULTS.temperature),
});
export type BotSettings = z.output<typeof BotSettings>;

const Bot = z.object({
  id: idSchema('bot'),
  settings: BotSettings,
  /** Counts the changes of the draft; send it back with a change so that nobody's work is overwritten. */
  revision: z.number().int(),
  live: z.object({ version: idSchema('version'), number: z.number().int(), publishedAt: Time }).nullable(),
  /** Whether the draft differs from the live version. */
  changed: z.boolean(),
  /** Where content may go: `this machine`, or the host of the model's endpoint. */
  destinations: z.array(z.string()),
  createdAt: Time,
});
export type Bot = z.output<typeof Bot>;

const Version = z.object({
  id: idSchema('version'),
  number: z.number().int(),
  live: z.boolean(),
  publishedAt: Time,
  publishedBy: z.string(),
  note: z.string(),
});

export const Change = z.object({ field: z.string(), before: z.unknown(), after: z.unknown() });

/** The public link name of a hosted page or widget. */
export const Slug = z
  .string()
  .min(3)
  .max(60)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'Use lower-case letters, digits and hyphens.');

const Deployment = z.object({
  channel: z.enum(['page', 'widget', 'api']),
  enabled: z.boolean(),
  slug: z.string(),
  /** Origins that may embed the widget; empty means any. */
  allowedSites: z.array(z.string()),
  /** The page's address, the widget's snippet, or the model name for the API. */
  address: z.string(),
});

const InBot = InWorkspace.extend({ bot: idSchema('bot') });
const refused = ['not_found', 'not_allowed'] as const;
const base = '/v1/organizations/:org/workspaces/:workspace/bots';
const asking = [...refused, 'question_empty', 'nothing_published', 'busy', 'model_not_allowed', 'spending_limit_reached'] as const;

export const bots = {
  list: endpoint({
    method: 'GET',
    path: base,
    summary: 'Bots of the workspace',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InWorkspace,
    response: z.array(Bot),
  }),
  create: endpoint({
    method: 'POST',
    path: base,
    summary: 'Make a chatbot draft',
    access: 'bots.edit',
    rate: 'write',
    audit: 'bot.created',
    failures: [...refused, 'unknown_model'],
    params: InWorkspace,
    body: BotSettings,
    response: Bot,
  }),
  get: endpoint({
    method: 'GET',
    path: `${base}/:bot`,
    summary: 'One bot with its draft',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InBot,
    response: Bot,
  }),
  change: endpoint({
    method: 'PUT',
    path: `${base}/:bot`,
    summary: 'Replace the draft',
    access: 'bots.edit',
    rate: 'write',
    audit: 'bot.changed',
    failures: [...refused, 'conflict', 'unknown_model'],
    params: InBot,
    body: z.object({ settings: BotSettings, revision: z.number().int() }),
    response: Bot,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${base}/:bot`,
    summary: 'Delete a bot with its versions and conversations',
    access: 'bots.edit',
    rate: 'write',
    audit: 'bot.deleted',
    failures: refused,
    params: InBot,
  }),
  preview: endpoint({
    method: 'POST',
    path: `${base}/:bot/preview`,
    summary: 'Ask the draft; nothing is stored but the meter',
    access: 'ai.invoke',
    rate: 'invoke',
    audit: 'bot.previewed',
    failures: asking,
    params: InBot,
    body: z.object({
      question: z.string().max(LIMITS.questionLength),
      history: z
        .array(z.object({ question: z.string().max(LIMITS.questionLength), answer: z.string().max(100_000) }))
        .max(LIMITS.historyMessages)
        .default([]),
    }),
    events: AnswerEvent,
  }),
  ask: endpoint({
    method: 'POST',
    path: `${base}/:bot/messages`,
    summary: 'Ask the live version, in a new or an own earlier conversation',
    access: 'ai.invoke',
    rate: 'invoke',
    audit: 'conversation.asked',
    failures: asking,
    params: InBot,
    body: Ask.extend({ conversation: idSchema('conversation').optional() }),
    events: AnswerEvent,
  }),
  publish: endpoint({
    method: 'POST',
    path: `${base}/:bot/versions`,
    summary: 'Publish the draft as an immutable version and make it live',
    access: 'bots.edit',
    rate: 'write',
    audit: 'bot.published',
    failures: [...refused, 'unknown_model', 'conflict'],
    params: InBot,
    body: z.object({ revision: z.number().int(), note: z.string().max(500).default('') }),
    response: Version,
  }),
  versions: endpoint({
    method: 'GET',
    path: `${base}/:bot/versions`,
    summary: 'Published versions, newest first',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InBot,
    response: z.array(Version),
  }),
  version: endpoint({
    method: 'GET',
    path: `${base}/:bot/versions/:version`,
    summary: 'A version with its settings and what changed from another, by default the one before',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InBot.extend({ version: idSchema('version') }),
    query: z.object({ against: z.union([idSchema('version'), z.literal('draft')]).optional() }),
    response: Version.extend({ settings: BotSettings, changes: z.array(Change) }),
  }),
  rollBack: endpoint({
    method: 'POST',
    path: `${base}/:bot/versions/:version/live`,
    summary: 'Make an earlier version live again',
    access: 'bots.edit',
    rate: 'write',
    audit: 'bot.rolled_back',
    failures: refused,
    params: InBot.extend({ version: idSchema('version') }),
    response: Version,
  }),
  deployments: endpoint({
    method: 'GET',
    path: `${base}/:bot/deployments`,
    summary: 'Where the bot is reachable',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InBot,
    response: z.array(Deployment),
  }),
  deploy: endpoint({
    method: 'PUT',
    path: `${base}/:bot/deployments/:channel`,
    summary: 'Switch a channel on or off and set its options',
    access: 'bots.edit',
    rate: 'write',
    audit: 'deployment.changed',
    failures: [...refused, 'name_taken', 'nothing_published'],
    params: InBot.extend({ channel: z.enum(['page', 'widget', 'api']) }),
    body: z.object({ enabled: z.boolean(), slug: Slug.optional(), allowedSites: z.array(z.url().max(300)).max(50).default([]) }),
    response: Deployment,
  }),
  conversations: endpoint({
    method: 'GET',
    path: `${base}/:bot/conversations`,
    summary: 'Conversations with the bot, newest first',
    access: 'bots.edit',
    rate: 'read',
    audit: null,
    failures: refused,
    params: InBot,
    query: Page,
    response: pageOf(z.object({ id: idSchema('conversation'), channel: z.string(), turns: z.number().int(), startedAt: Time })),
  }),
  conversation: endpoint({
    method: 'GET',
    path: `${base}/:bot/conversations/:conversation`,
    summary: 'All turns of a conversation',
    access: 'bots.edit',
    rate: 'read',
    audit: 'conversation.read',
    failures: refused,
    params: InBot.extend({ conversation: idSchema('conversation') }),
    response: z.object({ id: idSchema('conversation'), turns: z.array(Turn) }),
  }),
};
