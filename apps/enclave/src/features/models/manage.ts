import type { ModelId } from '@privexbot/contract';
import type { Transaction } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { toAppError } from '../../http/errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import type { ModelRequest } from '../../providers/models/model.ts';
import { listModels as askModels } from '../../providers/models/openai/openai.ts';
import { OutboundError } from '../../providers/outbound/error.ts';
import { removeStoredFile } from '../uploads/index.ts';
import { countUsage, type Meter } from '../usage/index.ts';
import { DEFAULT_CONTEXT_TOKENS, destinationOf, type Models, type Ports as ResolvePorts } from './resolve.ts';
import { deleteModel, insertModel, listModels, type ModelContent, type ModelRecord, requireModel, updateModel } from './store.ts';

type Ports = ResolvePorts & { readonly models: Models; readonly meter: Meter };

interface NewEndpoint {
  name: string;
  url: string;
  key?: string | undefined;
  model: string;
  contextTokens: number;
}

interface Changes {
  name?: string | undefined;
  url?: string | undefined;
  key?: string | undefined;
  model?: string | undefined;
  contextTokens?: number | undefined;
  threads?: number | undefined;
}

const DISCOVER_TIMEOUT_MS = 15_000;
const TEST_TIMEOUT_MS = 60_000;
const TEST_TOKENS = 16;
const TEST: ModelRequest = { messages: [{ role: 'user', content: 'Say hello.' }], maxOutputTokens: TEST_TOKENS };

export async function listAll({ db, config }: Ports, scope: OrgScope) {
  const stored = await scope.transaction(async (tx) => listModels(tx, await db.key(tx)));
  const machine = config.model && {
    id: 'machine' as const,
    name: 'This server’s model',
    provider: 'openai-compatible' as const,
    destination: new URL(config.model.url).host,
    contextTokens: DEFAULT_CONTEXT_TOKENS,
  };
  const grounded = {
    id: 'grounded' as const,
    name: 'Quotes only',
    provider: 'grounded' as const,
    destination: 'this machine',
    contextTokens: DEFAULT_CONTEXT_TOKENS,
  };
  return [grounded, ...(machine ? [machine] : []), ...stored.map(describeModel)];
}

/** Which models an endpoint has, before it is added. */
export async function discover({ outbound }: Ports, scope: OrgScope, { url, key }: { url: string; key?: string | undefined }) {
  const signal = AbortSignal.any([scope.signal, AbortSignal.timeout(DISCOVER_TIMEOUT_MS)]);
  const names = await askModels(outbound, { url, key: key || undefined, trust: 'typed' }, signal).catch((error: unknown) => {
    throw signal.aborted && !scope.signal.aborted ? new AppError('model_timeout') : error;
  });
  await scope.audit('model.discovered', undefined, { host: new URL(url).host });
  return { models: names };
}

export async function addEndpoint(ports: Ports, scope: OrgScope, { name, url, key, model, contextTokens }: NewEndpoint) {
  await refusePrivate(ports, url);
  return scope.transaction(async (tx) => {
    const row = { id: ports.newId('model'), org_id: scope.org, version: 1, created_at: ports.now() };
    const content: ModelContent = { provider: 'openai-compatible', name, url, key: key || undefined, model, contextTokens };
    const record = await insertModel(tx, await ports.db.key(tx), row, content);
    tx.audit('model.added', row.id, { provider: content.provider, host: new URL(url).host });
    return describeModel(record);
  });
}

export async function changeModel(ports: Ports, scope: OrgScope, id: ModelId, changes: Changes) {
  if (changes.url) await refusePrivate(ports, changes.url);
  const changed = await scope.transaction(async (tx) => {
    const key = await ports.db.key(tx);
    const record = await requireModel(tx, key, id);
    const updated = await updateModel(tx, key, record, applyChanges(record.content, changes));
    tx.audit('model.changed', id, { host: destinationOf(updated.content) });
    return describeModel(updated);
  });
  await ports.models.forget(scope.org, id);
  return changed;
}

export async function removeModel(
  ports: Ports,
  scope: OrgScope,
  id: ModelId,
  countUsers: (tx: Transaction) => Promise<number>,
): Promise<void> {
  await scope.transaction(async (tx) => {
    const record = await requireModel(tx, await ports.db.key(tx), id);
    const bots = await countUsers(tx);
    if (bots) throw new AppError('in_use', { users: bots === 1 ? 'one bot' : `${bots} bots` });
    if (record.content.provider === 'llama') await removeStoredFile(ports, tx, record.content.file);
    await deleteModel(tx, id);
    tx.audit('model.removed', id);
  });
  await ports.models.forget(scope.org, id);
}

/** One short request; a failure is a result, not an error. */
export async function testModel(ports: Ports, scope: OrgScope, id: ModelId) {
  await scope.transaction(async (tx) => requireModel(tx, await ports.db.key(tx), id));
  using spending = await ports.meter.admit(scope, { model: id, tokens: TEST_TOKENS });
  const started = performance.now();
  const signal = AbortSignal.any([scope.signal, AbortSignal.timeout(TEST_TIMEOUT_MS)]);
  let answer = '';
  let failure: AppError | undefined;
  const tokens = { input: 0, output: 0 };
  try {
    const model = await ports.models.find(scope.org, id);
    for await (const event of model?.stream(TEST, signal) ?? [])
      if (event.type === 'text') answer += event.text;
      else if (event.type === 'usage') Object.assign(tokens, { input: event.inputTokens, output: event.outputTokens });
  } catch (thrown) {
    failure = toAppError(signal.aborted ? new AppError('model_timeout') : thrown);
  }
  const milliseconds = Math.round(performance.now() - started);
  const by = { model: id, user: scope.user };
  const counts = [
    { meter: 'model_calls', amount: answer || !failure ? 1 : 0, ...by },
    { meter: 'input_tokens', amount: tokens.input, ...by },
    { meter: 'output_tokens', amount: tokens.output, ...by },
  ] as const;
  await scope.transaction(async (tx) => {
    await countUsage(tx, counts);
    tx.audit('model.tested', id, failure ? { ok: false, code: failure.code } : { ok: true });
  });
  spending.counted(counts);
  if (!failure) return { ok: true, milliseconds, answer };
  return { ok: false, milliseconds, answer: '', code: failure.code, message: failure.message };
}

async function refusePrivate({ outbound }: Ports, url: string): Promise<void> {
  try {
    await outbound.refusePrivate(url);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.code === 'private_address') throw new AppError('private_address');
    throw new AppError('bad_request', { problem: 'url: an address without user name and password is expected', field: 'url' });
  }
}

/** A key goes only to the server it was entered for: with another address it has to be entered again. */
function applyChanges(content: ModelContent, { name, url, key, model, contextTokens, threads }: Changes): ModelContent {
  const common = { name: name ?? content.name, contextTokens: contextTokens ?? content.contextTokens };
  if (content.provider === 'llama') return { ...content, ...common, threads: threads ?? content.threads };
  const isSameServer = !url || new URL(url).origin === new URL(content.url).origin;
  const kept = isSameServer ? content.key : undefined;
  return { ...content, ...common, url: url ?? content.url, model: model ?? content.model, key: (key ?? kept) || undefined };
}

export function describeModel({ id, created_at, content }: ModelRecord) {
  const { name, provider, contextTokens } = content;
  const common = { id, name, provider, contextTokens, destination: destinationOf(content), createdAt: created_at.toISOString() };
  if (content.provider === 'llama')
    return {
      ...common,
      sizeBytes: content.file.sizeBytes,
      sha256: content.sha256,
      ...(content.threads ? { threads: content.threads } : {}),
    };
  return { ...common, url: content.url, model: content.model, ...(content.key ? { keyEnding: content.key.slice(-4) } : {}) };
}
