import { type BotId, type KnowledgeBaseId, LIMITS, type OrgId, type WorkspaceId } from '@privexbot/contract';
import { type Client, createClient } from '@privexbot/sdk';
import { type Load, load, type Row, startServer, temporaryFolder } from './measure.ts';
import { startModelServer } from './model-server.ts';

const CONCURRENT = 64;
const SECONDS = 10;
const PASSAGES = 10_000;

/** A plain turn, a retrieval turn over 10,000 passages, and the time to the first token; each turn stored, sealed, audited and metered. */
export async function run(): Promise<Row[]> {
  await using model = await startModelServer();
  const rows: Row[] = [];
  {
    using folder = temporaryFolder();
    await using server = await startServer(`${folder.path}/data`, { PRIVEXBOT_MODEL_URL: model.url, PRIVEXBOT_EMBEDDINGS_URL: model.url });
    const { ask, direct, make } = await prepare(server.url, model.url);
    const plain = await make([]);
    rows.push(...report('plain chat turn', await load(server.pid, CONCURRENT, SECONDS, (n) => ask(plain, `hello ${n}`))));
    rows.push({ name: 'first token added, p50', value: await firstTokenAdded(ask, direct, plain), unit: 'ms' });
    const retrieval = await make([await fillKnowledge(server.url)]);
    rows.push(
      ...report('retrieval turn, mock embeddings', await load(server.pid, CONCURRENT, SECONDS, (n) => ask(retrieval, question(n)))),
    );
  }
  {
    using folder = temporaryFolder();
    await using server = await startServer(`${folder.path}/data`, { PRIVEXBOT_MODEL_URL: model.url });
    const { ask, make } = await prepare(server.url, model.url);
    const retrieval = await make([await fillKnowledge(server.url, 500)]);
    rows.push(...report('retrieval turn, shipped model', await load(server.pid, CONCURRENT, SECONDS, (n) => ask(retrieval, question(n)))));
  }
  return rows;
}

function report(name: string, { perSecond, p50Ms, p99Ms, cpuMsEach }: Load): Row[] {
  return [
    { name: `${name}, processor`, value: cpuMsEach, unit: 'CPU-ms' },
    { name: `${name}, rate`, value: perSecond, unit: '/s' },
    { name: `${name}, p50`, value: p50Ms, unit: 'ms' },
    { name: `${name}, p99`, value: p99Ms, unit: 'ms' },
  ];
}

let signedIn: { client: Client; org: OrgId; workspace: WorkspaceId } | undefined;

async function prepare(url: string, modelUrl: string) {
  let cookie = '';
  const client = createClient(async (request) => {
    const { pathname, search } = new URL(request.url);
    const sent = new Request(url + pathname + search, request);
    if (cookie) sent.headers.set('cookie', cookie);
    const response = await fetch(sent);
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  });
  const account = await client.auth.signUp({ body: { email: 'bench@example.com', password: 'only for measuring 1' } });
  const [organization] = account.organizations;
  const [workspace] = organization?.workspaces ?? [];
  if (!organization || !workspace) throw new Error('no organization');
  signedIn = { client, org: organization.id, workspace: workspace.id };
  // A key each, as callers have: rates are limited per key.
  const keys = await Promise.all(
    Array.from({ length: CONCURRENT }, () => client.apiKeys.create({ params: { org: organization.id }, body: { name: 'bench' } })),
  );
  let calls = 0;
  const at = { org: organization.id, workspace: workspace.id };

  async function make(knowledgeBases: KnowledgeBaseId[]): Promise<BotId> {
    const bot = await client.bots.create({ params: at, body: { name: 'Bench', model: 'machine', knowledgeBases } });
    await client.bots.publish({ params: { ...at, bot: bot.id }, body: { revision: bot.revision } });
    await client.bots.deploy({ params: { ...at, bot: bot.id, channel: 'api' }, body: { enabled: true } });
    return bot.id;
  }
  async function post(to: string, body: object, stream: boolean): Promise<number> {
    const started = performance.now();
    const response = await fetch(`${to}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys[calls++ % keys.length]?.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, stream }),
    });
    let first = 0;
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (!first && text.includes('tok0')) first = performance.now() - started;
    }
    if (!text.includes('tok29')) throw new Error(`an answer without its end: status ${response.status}`);
    return first;
  }
  const toBody = (bot: string, content: string) => ({ model: bot, messages: [{ role: 'user', content }] });
  return {
    make,
    ask: async (bot: BotId, content: string, stream = false) =>
      post(`${url}/openai/v1`, toBody(bot, content), stream).then(() => undefined),
    direct: {
      ours: (bot: BotId) => post(`${url}/openai/v1`, toBody(bot, 'hello'), true),
      model: () => post(modelUrl, toBody('bench', 'hello'), true),
    },
  };
}

/** The median of the time to the first token through us, less that of the model alone, in turn. */
async function firstTokenAdded(
  _: unknown,
  direct: { ours(bot: BotId): Promise<number>; model(): Promise<number> },
  bot: BotId,
): Promise<number> {
  const added: number[] = [];
  for (let n = 0; n < 200; n++) added.push((await direct.ours(bot)) - (await direct.model()));
  return added.sort((a, b) => a - b)[added.length / 2] ?? 0;
}

const WORDS = Array.from({ length: 5_000 }, (_, n) => `w${n.toString(36)}`);

/** A pasted text of so many paragraphs of seeded words, read and embedded. */
async function fillKnowledge(_url: string, passages = PASSAGES): Promise<KnowledgeBaseId> {
  if (!signedIn) throw new Error('not signed in');
  const { client, org, workspace } = signedIn;
  const base = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Bench' } });
  const at = { org, workspace, knowledge: base.id };
  let seed = 1;
  const next = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 32;
  };
  const paragraph = () =>
    Array.from({ length: 4 }, () => `${Array.from({ length: 35 }, () => WORDS[Math.floor(next() ** 2 * WORDS.length)]).join(' ')}.`).join(
      ' ',
    );
  const perText = Math.floor(LIMITS.pastedTextLength / 800);
  for (let made = 0; made < passages; made += perText) {
    const text = Array.from({ length: Math.min(perText, passages - made) }, paragraph).join('\n\n');
    await client.knowledge.add({ params: at, body: { source: 'paste', title: `Part ${made}`, text } });
  }
  for (;;) {
    const { items } = await client.knowledge.documents({ params: at, query: { limit: 100 } });
    if (items.some(({ state }) => state === 'failed')) throw new Error('a text was not read');
    if (items.every(({ state, embedded, passages: all }) => state === 'ready' && embedded === all)) return base.id;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function question(n: number): string {
  return `what about ${WORDS[(n * 7) % 900]} and ${WORDS[(n * 13) % 900]}?`;
}
