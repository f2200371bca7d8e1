import type { ModelId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { botKey } from './drafts.ts';
import { settingsOf } from './settings.ts';
import { findLive, listBotRows, openBot, requireVersion } from './store.ts';

/** How many bots use a model, in their draft or live. */
export async function countUsers(ports: Pick<Context, 'db' | 'keyring'>, tx: Transaction, model: ModelId): Promise<number> {
  let users = 0;
  for (const row of await listBotRows(tx)) {
    const key = await botKey(ports, tx, row);
    const live = await findLive(ports.db, tx, key, row.id);
    const flows = [openBot(key, row).content.flow];
    if (live) flows.push((await requireVersion(tx, key, row.id, live)).content.flow);
    if (flows.some((flow) => settingsOf(flow).model === model)) users++;
  }
  return users;
}
