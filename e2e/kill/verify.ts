// Compares what is there with what was acknowledged.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationId, DocumentId, UploadId } from '@privexbot/contract';
import { ApiError, type Client } from '@privexbot/sdk';
import { ABSENT, type Ledger } from './notes.ts';
import { type Place, textOf } from './place.ts';

const READ_MS = 60_000;
const EMBED_MS = 120_000;

type Documents = Awaited<ReturnType<Client['knowledge']['documents']>>['items'];

/** Every acknowledged write that is not there, in words; empty where all are. */
export async function findLost(client: Client, place: Place, { allowed }: Ledger): Promise<string[]> {
  const found = await readState(client, place, [...allowed.keys()]);
  return [...allowed].flatMap(([key, values]) => {
    const value = found.get(key) ?? ABSENT;
    return values.has(value) ? [] : [`${key}: is ${value}, was acknowledged as ${[...values].join(' or ')}`];
  });
}

async function readState(client: Client, place: Place, keys: readonly string[]): Promise<Map<string, string>> {
  const { org, workspace, bot } = place;
  const found = new Map<string, string>();
  for (const { id, name } of await listDocuments(client, place)) found.set(`document ${id}`, name);
  for (const { id, settings } of await client.bots.list({ params: { org, workspace } })) found.set(`draft ${id}`, settings.instructions);
  for (const { id, note, live } of await client.bots.versions({ params: { org, workspace, bot } })) {
    found.set(`version ${id}`, note);
    if (live) found.set(`live ${bot}`, note);
  }
  found.set('organization', (await client.organizations.get({ params: { org } })).name);
  for (const { id } of await client.apiKeys.list({ params: { org } })) found.set(`key ${id}`, 'there');
  for (const key of keys) {
    const [kind, upload = '', part] = key.split(' ');
    if (kind !== 'upload' && kind !== 'part') continue;
    const { complete, received } = await client.uploads.get({ params: { org, upload: upload as UploadId } });
    if (kind === 'upload' ? complete : received.includes(Number(part))) found.set(key, kind === 'upload' ? 'complete' : 'stored');
  }
  const conversations = new Set(keys.filter((key) => key.startsWith('turn ')).map((key) => key.split(' ')[1]));
  for (const conversation of conversations) {
    const { turns } = await client.bots.conversation({ params: { org, workspace, bot, conversation: conversation as ConversationId } });
    for (const { id, question, answer } of turns) found.set(`turn ${conversation} ${id}`, `${question}\n${answer}`);
  }
  return found;
}

/** Waits until every document is read; with `embedded`, until each passage has its vectors too. */
export async function untilRead(client: Client, place: Place, which: 'read' | 'embedded' = 'read'): Promise<Documents> {
  for (const until = Date.now() + (which === 'read' ? READ_MS : EMBED_MS); ; await sleep(200)) {
    const documents = await listDocuments(client, place);
    const open = documents.filter(({ state, passages, embedded }) => state !== 'ready' || (which === 'embedded' && embedded < passages));
    if (open.every(({ state }) => state !== 'queued' && state !== 'reading' && (which === 'read' || state === 'failed'))) return documents;
    if (Date.now() > until) throw new Error(`documents stay unread: ${open.map((one) => JSON.stringify(one)).join('\n')}`);
  }
}

/** Where search and rows disagree: a ready document that its own word does not find, or a deleted one that it does. */
export async function findMisfits(client: Client, place: Place, documents: Documents, { allowed }: Ledger): Promise<string[]> {
  const misfits: string[] = [];
  const present = new Set<string>(documents.map(({ id }) => id));
  for (const { id, name, state } of documents) {
    if (state !== 'ready') misfits.push(`${name} (${id}) is ${state}`);
    else if (!(await search(client, place, name)).includes(id)) misfits.push(`${name} (${id}) is ready but not found`);
  }
  for (const [key, values] of allowed) {
    const id = key.split(' ')[1] ?? '';
    if (!key.startsWith('document ') || present.has(id)) continue;
    for (const word of values) if ((await search(client, place, word)).includes(id)) misfits.push(`${word} (${id}) is deleted but found`);
  }
  return misfits;
}

async function search(client: Client, { org, workspace, knowledge }: Place, text: string): Promise<string[]> {
  for (;;)
    try {
      const { hits } = await client.knowledge.search({ params: { org, workspace, knowledge }, body: { text, limit: 3 } });
      return hits.map(({ document }) => document);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'rate_limited') throw error;
      await sleep(Number(error.details.seconds) * 1_000);
    }
}

/** Whether the stored file and the passages of an uploaded document are what was sent. */
export async function isWhole(client: Client, place: Place, document: DocumentId, word: string, sentences: number): Promise<boolean> {
  const { org, workspace, knowledge } = place;
  const params = { org, workspace, knowledge, document };
  const original = await (await client.knowledge.original({ params })).text();
  const { items } = await client.knowledge.passages({ params, query: { limit: 100 } });
  const expected = textOf(word, sentences);
  return original === expected && items.map(({ text }) => text).join('') === expected;
}

async function listDocuments(client: Client, { org, workspace, knowledge }: Place): Promise<Documents> {
  const all: Documents = [];
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await client.knowledge.documents({ params: { org, workspace, knowledge }, query: { limit: 100, cursor } });
    all.push(...items);
    if (!next) return all;
    cursor = next;
  }
}
