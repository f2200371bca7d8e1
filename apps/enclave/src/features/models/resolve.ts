import type { ModelId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { createLlamaModel } from '../../providers/models/llama/llama.ts';
import type { Model } from '../../providers/models/model.ts';
import { createOpenAiModel, listModels } from '../../providers/models/openai/openai.ts';
import { openStoredFile, type StoredFile } from '../uploads/index.ts';
import { findModel, findModelVersion, type ModelContent } from './store.ts';

export type Ports = Pick<Context, 'db' | 'config' | 'outbound' | 'keyring' | 'blobs' | 'now' | 'newId' | 'log' | 'shared'>;

/** What a bot may choose: the built-in quoting, the machine's own model, or one of the organization's. */
export type Choice = 'grounded' | 'machine' | ModelId;

/** Where content goes when this model is asked. */
export function destinationOf(content: ModelContent): string {
  return content.provider === 'llama' ? 'this machine' : new URL(content.url).host;
}

/** The destination of a choice, for the line beside every composer. A removed model goes nowhere. */
export async function findDestination({ db, config }: Ports, tx: Transaction, choice: Choice): Promise<string> {
  if (choice === 'grounded') return 'this machine';
  if (choice === 'machine') return config.model ? new URL(config.model.url).host : 'nowhere: the model was removed';
  const record = await findModel(tx, await db.key(tx), choice);
  return record ? destinationOf(record.content) : 'nowhere: the model was removed';
}

/** @throws AppError `unknown_model` unless the choice can be used now */
export async function requireChoice({ db, config }: Ports, tx: Transaction, choice: Choice): Promise<void> {
  if (choice === 'grounded' || (choice === 'machine' && config.model)) return;
  // Shared with whoever else chooses it: its removal waits, and counts its users afterwards.
  if (choice === 'machine' || !(await findModel(tx, await db.key(tx), choice, 'share'))) throw new AppError('unknown_model');
}

/** The row that a model was opened from, and when it was last seen to be so still. */
interface Seen {
  readonly version: number;
  at: number;
}

/** Another server may have changed or removed a model; within this time that is noticed here. */
const SEEN_FOR_MS = 1_000;

/** Opened models, kept so that the hot path opens no row and a loaded file serves the next question too. */
export class Models implements AsyncDisposable {
  readonly #ports: Ports;
  readonly #opened = new Map<string, Promise<Model>>();
  readonly #files = new Map<string, string>();
  readonly #seen = new Map<string, Seen>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** SHA-256 of each model file that is in use here: what the environment states of itself. Names are content and stay out. */
  get files(): readonly string[] {
    return [...new Set(this.#files.values())].sort();
  }

  /** @returns undefined for `grounded`, which is no language model; @throws AppError `unknown_model` */
  async find(org: OrgId, choice: Choice): Promise<Model | undefined> {
    if (choice === 'grounded') return undefined;
    const id = `${org} ${choice}`;
    if (choice !== 'machine') await this.#forgetChanged(org, choice);
    let opened = this.#opened.get(id);
    if (!opened) {
      opened = choice === 'machine' ? this.#openMachine() : this.#open(org, choice);
      this.#opened.set(id, opened);
      opened.catch(() => this.#opened.get(id) === opened && this.#opened.delete(id));
    }
    return opened;
  }

  async #forgetChanged(org: OrgId, id: ModelId): Promise<void> {
    const { db, shared, now } = this.#ports;
    const seen = this.#seen.get(`${org} ${id}`);
    const at = now().getTime();
    if (!shared || !seen || Math.abs(at - seen.at) < SEEN_FOR_MS) return;
    seen.at = at;
    const version = await db.transaction(org, 'system', (tx) => findModelVersion(tx, id));
    if (version !== seen.version) await this.forget(org, id);
  }

  /** After a change of the model, the next question opens it anew. */
  async forget(org: OrgId, id: ModelId): Promise<void> {
    const opened = this.#opened.get(`${org} ${id}`);
    this.#opened.delete(`${org} ${id}`);
    this.#seen.delete(`${org} ${id}`);
    this.#files.delete(`${org} ${id}`);
    await closeModel(await opened?.catch(() => undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened.values()) await closeModel(await opened.catch(() => undefined));
  }

  async #open(org: OrgId, id: ModelId): Promise<Model> {
    const { db, outbound } = this.#ports;
    const record = await db.transaction(org, 'system', async (tx) => findModel(tx, await db.key(tx), id));
    if (!record) throw new AppError('unknown_model');
    const { content } = record;
    this.#seen.set(`${org} ${id}`, { version: record.version, at: this.#ports.now().getTime() });
    if (content.provider === 'openai-compatible')
      return createOpenAiModel(outbound, { url: content.url, key: content.key, trust: 'typed' }, content.model, content.contextTokens);
    const { file, sha256, contextTokens, threads } = content;
    this.#files.set(`${org} ${id}`, sha256);
    return createLlamaModel({
      id,
      sha256,
      contextTokens,
      sizeBytes: file.sizeBytes,
      open: () => this.#readFile(org, file),
      ...(threads ? { threads } : {}),
    });
  }

  async *#readFile(org: OrgId, file: StoredFile): AsyncGenerator<Uint8Array> {
    yield* await this.#ports.db.transaction(org, 'system', (tx) => openStoredFile(this.#ports, tx, file));
  }

  /** The machine's endpoint is asked once which model it has. */
  async #openMachine(): Promise<Model> {
    const { config, outbound } = this.#ports;
    if (!config.model) throw new AppError('unknown_model');
    const endpoint = { url: config.model.url, key: config.model.key, trust: 'operator' } as const;
    const [name] = await listModels(outbound, endpoint, AbortSignal.timeout(MACHINE_TIMEOUT_MS));
    if (!name) throw new AppError('model_not_found');
    return createOpenAiModel(outbound, endpoint, name, DEFAULT_CONTEXT_TOKENS);
  }
}

export const DEFAULT_CONTEXT_TOKENS = 8_192;
const MACHINE_TIMEOUT_MS = 10_000;

async function closeModel(model: (Model & Partial<AsyncDisposable>) | undefined): Promise<void> {
  await model?.[Symbol.asyncDispose]?.();
}
