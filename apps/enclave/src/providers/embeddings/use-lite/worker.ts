// The process that holds the model: lists of texts come in, one array of vectors each goes out.

import { Tokenizer } from './tokenizer.ts';
import { DIMENSIONS, MAX_PIECES, Transformer } from './transformer.ts';
import { readModel } from './weights.ts';

/** Characters of a text that can matter: no piece is longer than 16. */
const MAX_LENGTH = MAX_PIECES * 16;

const { tokenizer, transformer } = load();

/** A function, so that the weights as they were read are gone once the model has its own. */
function load(): { tokenizer: Tokenizer; transformer: Transformer } {
  const { weights, vocabulary } = readModel();
  return { tokenizer: new Tokenizer(vocabulary), transformer: new Transformer(weights) };
}

function embed(texts: readonly string[]): Float32Array {
  const lists = texts.map((text) => tokenizer.encode(text.slice(0, MAX_LENGTH)).slice(0, MAX_PIECES));
  const vectors = new Float32Array(texts.length * DIMENSIONS);
  let group: number[] = [];
  let pieces = 0;
  const work = (): void => {
    const made = group.length > 0 ? transformer.embed(group.map((at) => lists[at] ?? [])) : [];
    for (const [i, at] of group.entries()) vectors.set(made[i] ?? [], at * DIMENSIONS);
    group = [];
    pieces = 0;
  };
  // A text without pieces keeps a vector of zeros: it means nothing.
  for (const [at, { length }] of lists.entries()) {
    if (length === 0) continue;
    if (pieces + length > MAX_PIECES) work();
    group.push(at);
    pieces += length;
  }
  work();
  return vectors;
}

process.on('message', (texts: string[]) => process.send?.(embed(texts)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
