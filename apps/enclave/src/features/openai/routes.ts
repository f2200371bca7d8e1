import {
  type BotId,
  hasPermission,
  type OrgId,
  PERMISSIONS,
  type Permission,
  type Role,
  type UserId,
  type WorkspaceId,
} from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { OrgScope } from '../../http/scope.ts';
import { estimateTokens } from '../../providers/models/model.ts';
import { type LiveBot, settingsOf } from '../bots/index.ts';
import type { Ports } from '../conversations/index.ts';
import { countUsage } from '../usage/index.ts';
import { completeChat } from './chat.ts';

/** The OpenAI-compatible API: bots that are live on the `api` channel are models, by their id. */
export function openaiRoutes(ports: Ports & { readonly findRole: FindRole }): Handlers<'openai'> {
  return {
    async models(scope) {
      const bots = await ports.live.listByChannel(scope.org, 'api');
      const roles = await Promise.all(bots.map(({ workspace }) => ports.findRole(scope.user, scope.org, workspace)));
      return { object: 'list' as const, data: bots.filter((_, index) => roles[index]).map(describe) };
    },
    model: async (scope, { params }) => describe(await requireModel(ports, scope, params.model, 'data.read')),
    chat: async (scope, { body }) => completeChat(ports, scope, await requireModel(ports, scope, body.model, 'ai.invoke'), body),
    embeddings: (scope, { body }) => embed(ports, scope, body),
  };
}

type FindRole = (user: UserId, org: OrgId, workspace: WorkspaceId) => Promise<Role | undefined>;

/** The bot of that id, where the caller's role in its workspace may do this: paths name no workspace here. */
async function requireModel(
  { live, findRole }: Ports & { readonly findRole: FindRole },
  { org, user }: OrgScope,
  id: string,
  permission: Permission,
): Promise<LiveBot> {
  const bot = /^bot_[0-9a-z]{26}$/.test(id) ? await live.find(org, id as BotId) : undefined;
  if (!bot?.channels.has('api')) throw new AppError('not_found');
  const role = await findRole(user, org, bot.workspace);
  if (!role) throw new AppError('not_found');
  if (!hasPermission(role, permission)) throw new AppError('not_allowed', { allows: PERMISSIONS[permission].allows });
  return bot;
}

function describe({ bot, flow, publishedAt }: LiveBot) {
  return {
    id: bot,
    object: 'model' as const,
    created: Math.floor(publishedAt.getTime() / 1000),
    owned_by: 'privexbot',
    name: settingsOf(flow).name,
  };
}

interface EmbedRequest {
  readonly model: string;
  readonly input: string | string[];
  readonly encoding_format?: 'float' | 'base64' | null | undefined;
}

async function embed({ embedder, meter }: Ports, scope: OrgScope, { model, input, encoding_format }: EmbedRequest) {
  if (model !== embedder.model && model !== 'default') throw new AppError('unknown_model');
  const texts = typeof input === 'string' ? [input] : input;
  using spending = await meter.admit(scope, { texts: texts.length });
  const vectors = await embedder.embed(texts, scope.signal);
  const counts = [{ meter: 'embedded_texts', model: embedder.model, amount: texts.length, user: scope.user }] as const;
  await scope.transaction(async (tx) => {
    await countUsage(tx, counts);
    tx.audit('embeddings.made', undefined, { texts: texts.length });
  });
  spending.counted(counts);
  const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
  return {
    object: 'list' as const,
    model: embedder.model,
    data: vectors.map((vector, index) => ({
      object: 'embedding' as const,
      index,
      embedding:
        encoding_format === 'base64'
          ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
          : Array.from(vector),
    })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
