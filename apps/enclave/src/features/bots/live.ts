import type { BotId, OrgId, VersionId, WorkspaceId } from '@privexbot/contract';
import type { Flow } from '@privexbot/flow';
import type { Context } from '../../context.ts';
import { Recent } from '../../recent.ts';
import { isClosedIn } from '../organizations/index.ts';
import { openDraft } from './drafts.ts';
import { type Channel, findLive, findName, listBotRows, listDeployments, requireVersion } from './store.ts';

/** The version that answers, and where it may be asked. */
export interface LiveBot {
  readonly org: OrgId;
  readonly bot: BotId;
  readonly workspace: WorkspaceId;
  readonly version: VersionId;
  readonly publishedAt: Date;
  readonly flow: Flow;
  readonly slug: string | undefined;
  readonly channels: ReadonlySet<Channel>;
  /** Origins that may show the widget; empty means any. */
  readonly widgetSites: readonly string[];
}

/** Live bots, kept for a moment so that a busy one does not cost its rows with every question. */
export class LiveBots {
  readonly #context: Context;
  readonly #kept: Recent<LiveBot | undefined>;
  readonly #names: Recent<{ org: OrgId; bot: BotId } | undefined>;

  constructor(context: Context) {
    this.#context = context;
    const changes = () => context.db.heads.changes;
    this.#kept = new Recent(context.now, changes);
    this.#names = new Recent(context.now, changes);
  }

  /** @returns undefined where nothing was published */
  async find(org: OrgId, id: BotId): Promise<LiveBot | undefined> {
    const bot = await this.#kept.get(id, () => this.#open(org, id));
    return bot?.org === org ? bot : undefined;
  }

  /** The bot behind a public name, if it is deployed on that channel. */
  async findByName(slug: string, channel: Channel): Promise<LiveBot | undefined> {
    const index = this.#context.keyring.blindIndex('slug', slug);
    const pointer = await this.#names.get(slug, () => findName(this.#context.db, index));
    const bot = pointer && (await this.find(pointer.org, pointer.bot));
    return bot?.slug === slug && bot.channels.has(channel) ? bot : undefined;
  }

  async listByChannel(org: OrgId, channel: Channel): Promise<LiveBot[]> {
    const rows = await this.#context.db.transaction(org, 'system', (tx) => listBotRows(tx));
    const bots = await Promise.all(rows.map(({ id }) => this.find(org, id)));
    return bots.filter((bot) => bot !== undefined).filter((bot) => bot.channels.has(channel));
  }

  async #open(org: OrgId, id: BotId): Promise<LiveBot | undefined> {
    const { db } = this.#context;
    return db.transaction(org, 'system', async (tx) => {
      // Nobody asks a bot of an organization that is suspended.
      if (await isClosedIn(db.keyring, tx, org)) return undefined;
      const { key, bot } = await openDraft(this.#context, tx, id);
      const [version, deployments] = await Promise.all([findLive(db, tx, key, id), listDeployments(db, tx, key, id)]);
      if (!version) return undefined;
      const { content, created_at } = await requireVersion(tx, key, id, version);
      return {
        org,
        bot: id,
        workspace: bot.workspace_id,
        version,
        publishedAt: created_at,
        flow: content.flow,
        slug: deployments[0]?.content.slug,
        channels: new Set(deployments.filter(({ enabled }) => enabled).map(({ channel }) => channel)),
        widgetSites: deployments.find(({ channel }) => channel === 'widget')?.content.allowedSites ?? [],
      };
    });
  }
}
