import type { BotId, VersionId, WorkspaceId } from '@privexbot/contract';
import { diffFlows, type Flow } from '@privexbot/flow';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { displayNames } from '../auth/index.ts';
import { requireChoice } from '../models/index.ts';
import { openDraft, type Ports } from './drafts.ts';
import { settingsOf } from './settings.ts';
import { findLive, insertVersion, listVersions, requireVersion, setLive, type VersionRecord } from './store.ts';

/** Publishes the draft as it is at `revision`. An unchanged draft makes no new version. */
export async function publishBot(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  id: BotId,
  { revision, note }: { revision: number; note: string },
) {
  const names = await displayNames(ports, [scope.user]);
  return scope.transaction(async (tx) => {
    await tx.lock('live_versions');
    const { bot, key } = await openDraft(ports, tx, id, workspace);
    if (bot.version !== revision) throw new AppError('conflict');
    const { flow } = bot.content;
    await requireChoice(ports, tx, settingsOf(flow).model);
    const address = Buffer.from(ports.keyring.blindIndex('version', JSON.stringify([id, flow]))).toString('hex');
    const versions = await listVersions(tx, key, id);
    const same = versions.find((version) => version.content.address === address);
    const row = {
      id: ports.newId('version'),
      org_id: scope.org,
      bot_id: id,
      number: (versions[0]?.number ?? 0) + 1,
      created_at: ports.now(),
    };
    const version = same ?? (await insertVersion(tx, key, row, { flow, note, publishedBy: scope.user, address }));
    await setLive(tx, key, id, version.id);
    tx.audit('bot.published', id, { version: version.number });
    return describe(version, version.id, names);
  });
}

export async function listPublished(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: BotId) {
  const { versions, live } = await scope.transaction(async (tx) => {
    const { key } = await openDraft(ports, tx, id, workspace);
    return { versions: await listVersions(tx, key, id), live: await findLive(ports.db, tx, key, id) };
  });
  const names = await displayNames(
    ports,
    versions.map(({ content }) => content.publishedBy),
  );
  return versions.map((version) => describe(version, live, names));
}

/** A version with what changed from another: a named one, the draft, or the one published before it. */
export async function getVersion(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  id: BotId,
  versionId: VersionId,
  against: VersionId | 'draft' | undefined,
) {
  const found = await scope.transaction(async (tx) => {
    const { bot, key } = await openDraft(ports, tx, id, workspace);
    const version = await requireVersion(tx, key, id, versionId);
    const previous = (await listVersions(tx, key, id)).find(({ number }) => number < version.number);
    const named = against && against !== 'draft' ? await requireVersion(tx, key, id, against) : undefined;
    const other: Flow | undefined = against === 'draft' ? bot.content.flow : (named ?? previous)?.content.flow;
    return { version, other, live: await findLive(ports.db, tx, key, id) };
  });
  const { version, other, live } = found;
  const names = await displayNames(ports, [version.content.publishedBy]);
  const { flow } = version.content;
  return { ...describe(version, live, names), settings: settingsOf(flow), changes: other ? diffFlows(other, flow) : [] };
}

export async function rollBack(ports: Ports, scope: OrgScope, workspace: WorkspaceId, id: BotId, versionId: VersionId) {
  const version = await scope.transaction(async (tx) => {
    const { key } = await openDraft(ports, tx, id, workspace);
    const found = await requireVersion(tx, key, id, versionId);
    await setLive(tx, key, id, found.id);
    tx.audit('bot.rolled_back', id, { version: found.number });
    return found;
  });
  return describe(version, version.id, await displayNames(ports, [version.content.publishedBy]));
}

function describe(version: VersionRecord, live: VersionId | undefined, names: ReadonlyMap<string, string>) {
  const { note, publishedBy } = version.content;
  return {
    id: version.id,
    number: version.number,
    live: version.id === live,
    publishedAt: version.created_at.toISOString(),
    publishedBy: names.get(publishedBy) ?? 'a former member',
    note,
  };
}
