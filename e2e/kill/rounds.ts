// Kill -9 in the midst of writing, again and again, with what was acknowledged compared after each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@privexbot/sdk';
import { type Server, startServer, type Target } from '@privexbot/testing/server.ts';
import { openNotebook, readLedger } from './notes.ts';
import { type Place, textOf } from './place.ts';
import { findLost, findMisfits, isWhole, untilRead } from './verify.ts';

const AIMS = ['server', 'database', 'worker', 'group'] as const satisfies readonly Target[];
const WRITER = join(import.meta.dirname, 'writer.ts');
const FIRST_WRITE_MS = 10_000;

export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly killed: Record<Target, number>;
  readonly documents: number;
  /** Sentences about acknowledged writes that are gone. */
  readonly lost: string[];
  /** Documents that were not read to the end, or whose search does not match their rows. */
  readonly misfits: string[];
  /** Answers to the writer that no kill explains. */
  readonly surprises: readonly string[];
  readonly auditProblems: string[];
}

/** @param seed of the moments at which is killed */
export async function killRounds(rounds: number, seed: number): Promise<KillReport> {
  await using server = await startServer();
  try {
    return await killAndCheck(server, rounds, xorshift(seed));
  } catch (error) {
    throw new Error(`the rounds broke off; the server had said:\n${server.output().slice(-4_000)}`, { cause: error });
  }
}

async function killAndCheck(server: Server, rounds: number, random: () => number): Promise<KillReport> {
  const client = server.client();
  const place = await prepare(server, client);
  const notes = join(server.folder, 'notes.jsonl');
  noteStart(notes, place);
  const report = { lost: [] as string[], misfits: [] as string[], auditProblems: [] as string[] };
  const killed: Record<Target, number> = { server: 0, database: 0, worker: 0, group: 0 };

  for (let round = 0; round < rounds; round++) {
    const aim = AIMS[round % AIMS.length] ?? 'server';
    const before = readLedger(notes).acknowledged;
    {
      await using _writer = startWriter({ ...place, notes });
      for (const until = Date.now() + FIRST_WRITE_MS; readLedger(notes).acknowledged === before && Date.now() < until; ) await sleep(10);
      await sleep(100 + random() * 900);
      killed[aim] += await killDuring(server, aim);
      await sleep(200);
    }
    if (aim === 'server' || aim === 'group') await server.start();
    const found = await check(client, place, notes);
    for (const name of ['lost', 'auditProblems'] as const)
      report[name].push(...found[name].map((what) => `round ${round} (${aim}): ${what}`));
  }
  const documents = await untilRead(client, place, 'embedded');
  const ledger = readLedger(notes);
  report.misfits.push(...(await findMisfits(client, place, documents, ledger)));
  for (const { id, name, source } of documents)
    if (source === 'upload' && !(await isWhole(client, place, id, name, 40))) report.misfits.push(`${name} (${id}) is not what was sent`);
  await server.stop();
  return { rounds, killed, documents: documents.length, acknowledged: ledger.acknowledged, surprises: ledger.surprises, ...report };
}

async function check(client: Client, place: Place, notes: string) {
  await untilBack(client);
  const lost = await findLost(client, place, readLedger(notes));
  const { intact, problem } = await client.audit.verify({ params: { org: place.org } });
  return { lost, auditProblems: intact ? [] : [JSON.stringify(problem)] };
}

/** A worker is there only while it works. */
async function killDuring(server: Server, aim: Target): Promise<number> {
  for (const until = Date.now() + FIRST_WRITE_MS; ; await sleep(5)) {
    const hit = await server.kill(aim);
    if (hit || Date.now() > until) return hit ? 1 : 0;
  }
}

async function untilBack(client: Client): Promise<void> {
  for (const until = Date.now() + FIRST_WRITE_MS * 3; ; await sleep(50))
    try {
      await client.auth.me();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
}

async function prepare(server: Server, client: Client): Promise<Place> {
  const { organizations } = await client.auth.signUp({
    body: { email: 'admin@example.com', password: 'correct horse battery', organization: 'Before' },
  });
  const [{ id: org, workspaces: [{ id: workspace } = none()] = none() } = none()] = organizations;
  const { key: apiKey } = await client.apiKeys.create({ params: { org }, body: { name: 'writer' } });
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Handbook' } });
  const body = { source: 'paste', title: 'leave', text: textOf('leave', 10) } as const;
  await client.knowledge.add({ params: { org, workspace, knowledge }, body });
  const bot = await client.bots.create({
    params: { org, workspace },
    body: { name: 'Help', knowledgeBases: [knowledge], instructions: 'before' },
  });
  const params = { org, workspace, bot: bot.id };
  await client.bots.publish({ params, body: { revision: bot.revision, note: 'before' } });
  const { slug } = await client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true, slug: 'help' } });
  return { url: server.url, apiKey, org, workspace, knowledge, bot: bot.id, slug };
}

function none(): never {
  throw new Error('the sign-up made no organization with a workspace');
}

function noteStart(notes: string, { bot }: Place): void {
  writeFileSync(notes, '');
  using notebook = openNotebook(notes);
  notebook.acknowledge(`draft ${bot}`, 'before');
  notebook.acknowledge(`live ${bot}`, 'before');
  notebook.acknowledge('organization', 'Before');
}

function startWriter(place: Place & { notes: string }): AsyncDisposable {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(place)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Marsaglia's xorshift32, from 0 up to 1. */
function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
