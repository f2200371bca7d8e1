import type { BotId, WorkspaceId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { openDraft, type Ports } from './drafts.ts';
import { type Channel, claimName, type DeploymentRecord, findLive, listDeployments, putDeployment } from './store.ts';

const CHANNELS = ['page', 'widget', 'api'] as const satisfies readonly Channel[];

interface Options {
  readonly enabled: boolean;
  readonly slug?: string | undefined;
  readonly allowedSites: readonly string[];
}

export async function listChannels(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: BotId) {
  return scope.transaction(async (tx) => {
    const { key } = await openDraft(ports, tx, id, workspace);
    const stored = await listDeployments(ports.db, tx, key, id);
    return CHANNELS.map((channel) => describe(channel, id, stored, scope.origin));
  });
}

/** Page and widget share the bot's one public name. */
export async function deployBot(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: BotId, channel: Channel, options: Options) {
  return scope.transaction(async (tx) => {
    const { key } = await openDraft(ports, tx, id, workspace);
    await tx.lock('deployments');
    if (options.enabled && !(await findLive(ports.db, tx, key, id))) throw new AppError('nothing_published');
    const stored = await listDeployments(ports.db, tx, key, id);
    const slug = options.slug ?? slugOf(id, stored);
    await claimName(tx, ports.keyring.blindIndex('slug', slug), id);
    const updated: DeploymentRecord[] = [];
    for (const one of CHANNELS) {
      const before = stored.find((deployment) => deployment.channel === one);
      const isAsked = one === channel;
      if (!isAsked && (!before || before.content.slug === slug)) {
        if (before) updated.push(before);
        continue;
      }
      const enabled = isAsked ? options.enabled : (before?.enabled ?? false);
      const row = { id: `${id}/${one}`, org_id: scope.org, bot_id: id, channel: one, enabled, version: (before?.version ?? 0) + 1 };
      const allowedSites = isAsked ? options.allowedSites.map((site) => new URL(site).origin) : (before?.content.allowedSites ?? []);
      updated.push(await putDeployment(tx, key, row, { slug, allowedSites }));
    }
    tx.audit('deployment.changed', id, { channel, enabled: options.enabled });
    return describe(channel, id, updated, scope.origin);
  });
}

function slugOf(bot: BotId, stored: readonly DeploymentRecord[]): string {
  return stored[0]?.content.slug ?? bot.slice(-10);
}

function describe(channel: Channel, bot: BotId, stored: readonly DeploymentRecord[], origin: string) {
  const found = stored.find((deployment) => deployment.channel === channel);
  const slug = slugOf(bot, stored);
  const address = {
    page: `${origin}/c/${slug}`,
    widget: `<script src="${origin}/widget.js" data-bot="${slug}" async></script>`,
    api: bot,
  }[channel];
  return { channel, enabled: found?.enabled ?? false, slug, allowedSites: [...(found?.content.allowedSites ?? [])], address };
}
