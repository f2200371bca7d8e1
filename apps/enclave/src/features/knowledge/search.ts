import type { DocumentId, KnowledgeBaseId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { countUsage, type Meter, type Spender, type Spending } from '../usage/index.ts';
import type { KnowledgeIndexes } from './indexes.ts';
import type { Passage } from './reading/passages.ts';
import type { RankBy } from './search/knowledge-index.ts';
import { requireBase } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'embedder' | 'log'> & { readonly indexes: KnowledgeIndexes; readonly meter: Meter };

export interface FoundPassage {
  readonly knowledge: KnowledgeBaseId;
  readonly document: DocumentId;
  readonly documentName: string;
  readonly passage: Passage;
  readonly score: number;
  readonly words: number;
  readonly meaning: number;
  /** One vector per sentence of the passage, one after the other, where it has them. */
  readonly sentenceVectors: Int8Array | undefined;
}

export interface Found {
  readonly passages: FoundPassage[];
  readonly questionVector: Float32Array | undefined;
  /** Texts embedded, for the meter. */
  readonly embedded: number;
  /** Of the embedding, until it is counted. */
  readonly spending: Spending | undefined;
}

/**
 * Ranks passages of several knowledge bases for a question, best first; bases that were deleted are left out. Without an answer from the embedding model it
 * ranks by words alone, as it does where nothing is left to spend on it.
 */
export async function findPassages(
  ports: Ports,
  spender: Spender,
  bases: readonly KnowledgeBaseId[],
  text: string,
  { limit, rankBy = 'score' }: { limit: number; rankBy?: RankBy },
  signal: AbortSignal,
): Promise<Found> {
  const found = await Promise.all([...new Set(bases)].map(async (base) => ({ base, opened: await ports.indexes.find(spender.org, base) })));
  const indexes = found.flatMap(({ base, opened }) => (opened ? [{ base, ...opened }] : []));
  const needsVector = indexes.some(({ index }) => index.passagesWithVectors > 0);
  const spending = needsVector ? await admitText(ports.meter, spender) : undefined;
  const questionVector = spending ? await embedQuestion(ports, text, signal) : undefined;
  const hits = indexes
    .flatMap((from) =>
      from.index.search({ text, limit, rankBy, ...(questionVector ? { vector: questionVector } : {}) }).map((hit) => ({ ...hit, from })),
    )
    .sort((a, b) => b[rankBy] - a[rankBy])
    .slice(0, limit);
  const groups = await Promise.all(
    [...Map.groupBy(hits, ({ from }) => from)].map(async ([from, own]) => [from, await from.open(own)] as const),
  );
  const texts = new Map(groups);
  const passages = hits.flatMap(({ from, document, ordinal, score, words, meaning }) => {
    const opened = texts.get(from)?.get(`${document}/${ordinal}`);
    const sentenceVectors = from.index.vectors(document, ordinal);
    return opened ? [{ ...opened, score, words, meaning, knowledge: from.base, sentenceVectors }] : [];
  });
  return { passages, questionVector, embedded: questionVector ? 1 : 0, spending };
}

/** The search screen: passages with the parts of their scores. */
export async function searchKnowledge(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  knowledge: KnowledgeBaseId,
  { text, ...wanted }: { text: string; limit: number; rankBy: RankBy },
) {
  if (!text.trim()) throw new AppError('question_empty');
  await scope.transaction(async (tx) => requireBase(tx, await ports.db.key(tx), knowledge, workspace));
  const started = performance.now();
  const found = await findPassages(ports, scope, [knowledge], text, wanted, scope.signal);
  const milliseconds = performance.now() - started;
  using spending = found.spending;
  const counts = [{ meter: 'embedded_texts', model: ports.embedder.model, amount: found.embedded, user: scope.user }] as const;
  await scope.transaction(async (tx) => {
    await countUsage(tx, counts);
    tx.audit('knowledge.searched', knowledge, { passages: found.passages.length });
  });
  spending?.counted(counts);
  const hits = found.passages.map(({ document, documentName, passage, score, words, meaning }) => ({
    document,
    documentName,
    passage,
    score,
    words,
    meaning,
  }));
  return { hits, milliseconds };
}

/** @returns undefined where the limit of texts is reached */
async function admitText(meter: Meter, spender: Spender): Promise<Spending | undefined> {
  try {
    return await meter.admit(spender, { texts: 1 });
  } catch (error) {
    if (error instanceof AppError && error.code === 'spending_limit_reached') return undefined;
    throw error;
  }
}

async function embedQuestion({ embedder, log }: Ports, text: string, signal: AbortSignal): Promise<Float32Array | undefined> {
  try {
    const [vector] = await embedder.embed([text], signal);
    return vector;
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'the embedding model did not answer; ranking by words');
    return undefined;
  }
}
