import type { DocumentId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Job } from '../../jobs/jobs.ts';
import { type SealingKey, toAad } from '../../keys/seal.ts';
import { quantise } from '../../providers/embeddings/embedder.ts';
import { randomBytes } from '../../random.ts';
import { countUsage, type Meter } from '../usage/index.ts';
import type { KnowledgeIndexes } from './indexes.ts';
import type { Passage } from './reading/passages.ts';
import { sentenceTexts } from './search/sentence-texts.ts';
import {
  countEmbedded,
  type DocumentRecord,
  embeddedOrdinals,
  findBaseOf,
  findDocument,
  insertVectors,
  readPassages,
  requireBase,
  vectorsPlace,
} from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'embedder'> & { readonly indexes: KnowledgeIndexes; readonly meter: Meter };

const BATCH = 16;

/** Gives the passages of a document their sentence vectors, in the background and resumable; until then they are found by words. */
export async function embedDocumentJob(ports: Ports, job: Job, signal: AbortSignal): Promise<void> {
  try {
    await embedDocument(ports, job, signal);
  } catch (error) {
    // Whoever added the document may no longer spend anything. A limit that is reached passes: that job is tried again.
    if (!(error instanceof AppError) || error.code !== 'not_allowed') throw error;
    await ports.db.audit(job.org, { action: 'refused.not_allowed', actor: 'system', target: job.id });
  }
}

async function embedDocument(ports: Ports, { org, id }: Job, signal: AbortSignal): Promise<void> {
  const found = await ports.db.transaction(org, 'system', async (tx) => {
    const base = await findBaseOf(tx, id as DocumentId);
    if (!base) return undefined;
    const { data_key } = await requireBase(tx, await ports.db.key(tx), base);
    const key = await ports.keyring.data(tx.keys, org, data_key);
    const document = await findDocument(tx, key, base, id as DocumentId);
    return document && { key, document, done: await embeddedOrdinals(tx, document, ports.embedder.model) };
  });
  if (!found) return;
  const { key, document, done } = found;
  for (let from = 0; from < document.passages; from += BATCH) {
    signal.throwIfAborted();
    const batch = await ports.db.transaction(org, 'system', (tx) => readPassages(tx, key, document, { from, limit: BATCH }));
    const missing = batch.filter(({ ordinal }) => !done.has(ordinal));
    if (missing.length && !(await embed(ports, org, document, key, missing, from + batch.length, signal))) return;
  }
}

/** @returns false if the document was replaced or deleted meanwhile */
async function embed(
  ports: Ports,
  org: OrgId,
  document: DocumentRecord,
  key: SealingKey,
  passages: Passage[],
  embedded: number,
  signal: AbortSignal,
): Promise<boolean> {
  const sentences = passages.map(({ text, headings }) => sentenceTexts({ text, headings, title: document.content.name }));
  using spending = await ports.meter.admit({ org, user: document.user_id }, { texts: sentences.flat().length });
  const vectors = await ports.embedder.embed(sentences.flat(), signal);
  const counts = [{ meter: 'embedded_texts', model: ports.embedder.model, amount: vectors.length, user: document.user_id }] as const;
  const salt = randomBytes(32);
  let at = 0;
  const rows = passages.map(({ ordinal }, i) => {
    const count = sentences[i]?.length ?? 0;
    const packed = pack(vectors.slice(at, at + count), ports.embedder.dimensions);
    at += count;
    const place = vectorsPlace(document, ordinal, ports.embedder.model);
    return { ordinal, packed, sealed: key.seal(toAad(place), packed, salt) };
  });
  const isCurrent = await ports.db.transaction(org, 'system', async (tx) => {
    const current = await findDocument(tx, key, document.knowledge_base_id, document.id);
    if (current?.content_version !== document.content_version) return false;
    await insertVectors(
      tx,
      document,
      ports.embedder.model,
      rows.map(({ ordinal, sealed }) => ({ ordinal, sealed })),
    );
    await countEmbedded(tx, document.id, embedded);
    await countUsage(tx, counts);
    return true;
  });
  spending.counted(isCurrent ? counts : []);
  if (isCurrent)
    for (const { ordinal, packed } of rows)
      await ports.indexes.addVectors(org, document.knowledge_base_id, document.id, ordinal, new Int8Array(packed.buffer));
  return isCurrent;
}

/** One vector per sentence, as bytes in a row. */
function pack(vectors: readonly Float32Array[], dimensions: number): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(vectors.length * dimensions);
  for (const [i, vector] of vectors.entries()) packed.set(new Uint8Array(quantise(vector).buffer), i * dimensions);
  return packed;
}
