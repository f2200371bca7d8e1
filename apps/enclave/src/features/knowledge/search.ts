import type { DocumentId, KnowledgeBaseId, OrgId, WorkspaceId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { countUsage } from '../usage/index.ts';
import type { KnowledgeIndexes } from './indexes.ts';
import type { Passage } from './reading/passages.ts';
import { requireBase } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'embedder' | 'log'> & { readonly indexes: KnowledgeIndexes };

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
}

/**
 * Ranks passages of several knowledge bases for a question, best first. Without an answer from the embedding model it
 * ranks by words alone.
 */
export async function findPassages(
  ports: Ports,
  org: OrgId,
  bases: readonly KnowledgeBaseId[],
  text: string,
  limit: number,
  signal: AbortSignal,
): Promise<Found> {
  const indexes = await Promise.all(bases.map(async (base) => ({ base, index: await ports.indexes.get(org, base) })));
  const needsVector = indexes.some(({ index }) => index.passagesWithVectors > 0);
  const questionVector = needsVector ? await embedQuestion(ports, text, signal) : undefined;
  const hits = indexes
    .flatMap(({ base, index }) =>
      index.search({ text, limit, ...(questionVector ? { vector: questionVector } : {}) }).map((hit) => ({ ...hit, base, index })),
    )
    .sort((a, b) => b.score - a.score)
    .slice(0, limit);
  if (hits.length === 0) return { passages: [], questionVector, embedded: needsVector ? 1 : 0 };
  const opened = await Promise.all(
    bases.map((base) =>
      ports.indexes.openHits(
        org,
        base,
        hits.filter((hit) => hit.base === base),
      ),
    ),
  );
  const passages = hits.flatMap(({ base, index, ...hit }) => {
    const found = opened[bases.indexOf(base)]?.get(`${hit.document}/${hit.ordinal}`);
    return found ? [{ ...hit, ...found, knowledge: base, sentenceVectors: index.vectors(hit.document, hit.ordinal) }] : [];
  });
  return { passages: passages.map(({ ordinal: _, ...passage }) => passage), questionVector, embedded: needsVector ? 1 : 0 };
}

/** The search screen: passages with the parts of their scores. */
export async function searchKnowledge(
  ports: Ports,
  scope: OrgScope,
  workspace: WorkspaceId,
  knowledge: KnowledgeBaseId,
  { text, limit }: { text: string; limit: number },
) {
  if (!text.trim()) throw new AppError('question_empty');
  await scope.transaction(async (tx) => requireBase(tx, await ports.db.key(tx), knowledge, workspace));
  const started = performance.now();
  const found = await findPassages(ports, scope.org, [knowledge], text, limit, scope.signal);
  const milliseconds = performance.now() - started;
  await scope.transaction(async (tx) => {
    if (found.embedded) await countUsage(tx, [{ meter: 'embedded_texts', model: ports.embedder.model, amount: found.embedded }]);
    tx.audit('knowledge.searched', knowledge, { passages: found.passages.length });
  });
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
