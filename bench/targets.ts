/** What the architecture asks for, by the name of the row that measures it. */
export const TARGETS: Record<string, { atMost?: number; atLeast?: number }> = {
  'start to ready': { atMost: 2 },
  'start to ready, processor': { atMost: 1 },
  'idle memory': { atMost: 150 },
  'installed size, production': { atMost: 350 },
  'plain chat turn, processor': { atMost: 0.7 },
  'plain chat turn, rate': { atLeast: 1_000 },
  'retrieval turn, mock embeddings, rate': { atLeast: 500 },
  'retrieval turn, shipped model, rate': { atLeast: 100 },
  'first token added, p50': { atMost: 3 },
  'hybrid search, 100k passages, p50': { atMost: 5 },
  'hybrid search, 100k passages, recall@10 of exact': { atLeast: 0.98 },
  'XQuAD, fused, nDCG@10': { atLeast: 0.975 },
  'reading generated PDF': { atLeast: 300 },
  'kill -9: acknowledged writes lost': { atMost: 0 },
};
