import { createHash } from 'node:crypto';
import { type DocumentId, LIMITS } from '@privexbot/contract';
import type { BlobRef, BlobStore } from '../../providers/blobs/blob-store.ts';
import type { Embedder } from '../../providers/embeddings/embedder.ts';
import { KnowledgeIndex } from './search/knowledge-index.ts';

export interface Snapshot {
  readonly index: KnowledgeIndex;
  readonly versions: Map<DocumentId, number>;
  /** Passages with vectors, by document. */
  readonly embedded: Map<DocumentId, number>;
}

interface Manifest {
  readonly model: string;
  readonly parts: number;
  /** SHA-256 of the index, in hex: parts of two snapshots do not mix. */
  readonly sha256: string;
  readonly documents: readonly (readonly [DocumentId, number, number])[];
}

/** Writes the index as sealed parts. One that was cut off does not add up when it is read, and is then left aside. */
export async function writeSnapshot(
  blobs: BlobStore,
  ref: BlobRef,
  embedder: Embedder,
  { index, versions }: Omit<Snapshot, 'embedded'>,
): Promise<void> {
  const documents = [...versions].map(([id, version]) => [id, version, index.embeddedPassages(id)] as const);
  const whole = Buffer.concat(index.toSnapshot());
  let parts = 0;
  for (let at = 0; at < whole.length; at += LIMITS.uploadPartBytes)
    await blobs.putPart(ref, ++parts, whole.subarray(at, at + LIMITS.uploadPartBytes));
  await blobs.putPart(
    ref,
    0,
    Buffer.from(JSON.stringify({ model: embedder.model, parts, sha256: sha256([whole]), documents } satisfies Manifest)),
  );
}

/** @returns undefined where there is no snapshot, or one of another embedding model; @throws if it does not add up */
export async function readSnapshot(blobs: BlobStore, ref: BlobRef, embedder: Embedder): Promise<Snapshot | undefined> {
  if (!(await blobs.parts(ref)).length) return undefined;
  const [first] = await Array.fromAsync(blobs.read(ref, 1));
  const manifest = JSON.parse(Buffer.from(first ?? []).toString()) as Manifest;
  if (manifest.model !== embedder.model) return undefined;
  const [, ...parts] = await Array.fromAsync(blobs.read(ref, manifest.parts + 1));
  if (sha256(parts) !== manifest.sha256) throw new Error('the parts are not those of one snapshot');
  return {
    index: KnowledgeIndex.fromSnapshot(parts, embedder.dimensions),
    versions: new Map(manifest.documents.map(([id, version]) => [id, version])),
    embedded: new Map(manifest.documents.map(([id, , embedded]) => [id, embedded])),
  };
}

function sha256(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
