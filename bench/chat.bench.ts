import { type BotId, type KnowledgeBaseId, LIMITS } from '@privexbot/contract';
import { createClient } from '@privexbot/sdk';
import { sealedTransport } from '@privexbot/testing/sealed.ts';
import { type Load, load, type Row, startServer, temporaryFolder } from './measure.ts';
import { startModelServer } from './model-server.ts';

const CONCURRENT = 64;
const SECONDS = 10;

const PARTS = { plain, retrieval, shipped };

/**
 * A plain turn, the time to its first token, and retrieval turns over 10,000 passages and with the shipped model; each
 * turn stored, sealed, audited and metered.
 * @param part one of the three, to be done sooner
 */
export async function run(part?: string): Promise<Row[]> {
  await using model = await startModelServer();
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(PARTS)) if (!part || part === name) rows.push(...(await measure(model.url)));
  return rows;
}

async function plain(modelUrl: string): Promise<Row[]> {
  await using bench = await prepare({ PRIVEXBOT_MODEL_URL: modelUrl, PRIVEXBOT_EMBEDDINGS_URL: modelUrl });
  const bot = await bench.makeBot([]);
  const rows = report('plain chat turn', await bench.load((n) => bench.ask(bot, `hello ${n}`)));
  return [...rows, { name: 'first token added, p50', value: await firstTokenAdded(bench, modelUrl, bot), unit: 'ms' }];
}

async function retrieval(modelUrl: string): Promise<Row[]> {
  await using bench = await prepare({ PRIVEXBOT_MODEL_URL: modelUrl, PRIVEXBOT_EMBEDDINGS_URL: modelUrl });
  const bot = await bench.makeBot([await fillKnowledge(bench, 10_000)]);
  return report('retrieval turn, mock embeddings', await bench.load((n) => bench.ask(bot, question(n))));
}

async function shipped(modelUrl: string): Promise<Row[]> {
  await using bench = await prepare({ PRIVEXBOT_MODEL_URL: modelUrl });
  const bot = await bench.makeBot([await fillKnowledge(bench, 500)]);
  return report('retrieval turn, shipped model', await bench.load((n) => bench.ask(bot, question(n))));
}

function report(name: string, { perSecond, p50Ms, p99Ms, cpuMsEach }: Load): Row[] {
  return [
    { name: `${name}, processor`, value: cpuMsEach, unit: 'CPU-ms' },
    { name: `${name}, rate`, value: perSecond, unit: '/s' },
    { name: `${name}, p50`, value: p50Ms, unit: 'ms' },
    { name: `${name}, p99`, value: p99Ms, unit: 'ms' },
  ];
}

type Bench = Awaited<ReturnType<typeof prepare>>;

/** A server of its own with an organization and a key for each caller. */
async function prepare(settings: Record<string, string>) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const server = stack.use(await startServer(`${folder.path}/data`, settings));
  const client = createClient(sealedTransport(server.url));
  const account = await client.auth.signUp({ body: { email: 'bench@example.com', password: 'only for measuring 1' } });
  const [organization] = account.organizations;
  const [workspace] = organization?.workspaces ?? [];
  if (!organization || !workspace) throw new Error('no organization');
  const at = { org: organization.id, workspace: workspace.id };
  // A key each, as callers have: rates are limited per key.
  const keys = await Promise.all(
    Array.from({ length: CONCURRENT }, () => client.apiKeys.create({ params: { org: at.org }, body: { name: 'bench', plain: true } })),
  );
  let calls = 0;
  const owned = stack.move();
  return {
    client,
    at,
    async makeBot(knowledgeBases: KnowledgeBaseId[]): Promise<BotId> {
      const bot = await client.bots.create({ params: at, body: { name: 'Bench', model: 'machine', knowledgeBases } });
      await client.bots.publish({ params: { ...at, bot: bot.id }, body: { revision: bot.revision } });
      await client.bots.deploy({ params: { ...at, bot: bot.id, channel: 'api' }, body: { enabled: true } });
      return bot.id;
    },
    /** @returns milliseconds to the first token of a streamed answer */
    ask: (bot: BotId, content: string, stream = false) =>
      complete(`${server.url}/openai/v1`, { model: bot, content, stream }, keys[calls++ % keys.length]?.key),
    load: (send: (n: number) => Promise<unknown>) => load(server.pid, CONCURRENT, SECONDS, send),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function complete(url: string, asked: { model: string; content: string; stream: boolean }, key = ''): Promise<number> {
  const { model, content, stream } = asked;
  const started = performance.now();
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }], stream }),
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

/** The median of the time to the first token through us, less that of the model alone, in turn. */
async function firstTokenAdded({ ask }: Bench, modelUrl: string, bot: BotId): Promise<number> {
  const added: number[] = [];
  for (let n = 0; n < 200; n++)
    added.push((await ask(bot, 'hello', true)) - (await complete(modelUrl, { model: 'bench', content: 'hello', stream: true })));
  return added.sort((a, b) => a - b)[added.length / 2] ?? 0;
}

const WORDS = Array.from({ length: 5_000 }, (_, n) => `w${n.toString(36)}`);

/** Pasted texts of so many paragraphs of seeded words, read and embedded. */
async function fillKnowledge({ client, at: { org, workspace } }: Bench, passages: number): Promise<KnowledgeBaseId> {
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
