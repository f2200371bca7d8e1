import { createHash } from 'node:crypto';
import type { UploadId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { type GgufHeader, MAX_HEADER_BYTES, readGgufHeader } from '../../providers/models/llama/gguf-header.ts';
import { cancelUpload, openUpload, takeUpload } from '../uploads/index.ts';
import { countUsage } from '../usage/index.ts';
import { describeModel } from './manage.ts';
import type { Ports } from './resolve.ts';
import { insertModel } from './store.ts';

/** How long a conversation may get by default: more takes memory that grows with it. */
const DEFAULT_CONTEXT_TOKENS = 4_096;

interface NewFile {
  readonly name: string;
  readonly upload: UploadId;
  readonly threads?: number | undefined;
}

/** Checks the header of a finished upload, notes its SHA-256 and keeps it sealed as it came. A refused file is removed. */
export async function addFile(ports: Ports, scope: OrgScope, { name, upload, threads }: NewFile) {
  const { bytes, sizeBytes } = await scope.transaction((tx) => openUpload(ports, tx, scope.user, upload, 'model'));
  const { header, sha256 } = await inspect(bytes, sizeBytes).catch(async (error: unknown) => {
    if (error instanceof AppError && error.code === 'model_file_refused') await cancelUpload(ports, scope, upload);
    throw error;
  });
  return scope.transaction(async (tx) => {
    const { blob, dataKey, parts } = await takeUpload(ports, tx, scope.user, upload, 'model');
    const file = { blob, dataKey, parts, sizeBytes };
    const row = { id: ports.newId('model'), org_id: scope.org, version: 1, created_at: ports.now() };
    const contextTokens = Math.min(header.contextTokens, DEFAULT_CONTEXT_TOKENS);
    const record = await insertModel(tx, await ports.db.key(tx), row, { provider: 'llama', name, file, sha256, threads, contextTokens });
    await countUsage(tx, [{ meter: 'stored_bytes', model: '', amount: sizeBytes }]);
    tx.audit('model.added', row.id, { provider: 'llama', sha256, sizeBytes });
    return describeModel(record);
  });
}

async function inspect(bytes: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<{ header: GgufHeader; sha256: string }> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let headBytes = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    if (headBytes >= MAX_HEADER_BYTES) continue;
    head.push(chunk);
    headBytes += chunk.length;
  }
  if (headBytes === 0) throw new AppError('model_file_refused', { reason: 'it is empty.' });
  return { header: readGgufHeader(Buffer.concat(head).subarray(0, MAX_HEADER_BYTES), sizeBytes), sha256: hash.digest('hex') };
}
