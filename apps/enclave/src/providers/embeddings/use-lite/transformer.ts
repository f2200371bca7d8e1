// Universal Sentence Encoder lite (Cer et al., 2018): two transformer layers of four heads over word pieces, their mean, one dense layer.
// Texts run together without padding: only attention looks at where one ends.

import { PANEL } from './matmul.ts';
import { Matrices, type Matrix, roundUp } from './matrices.ts';
import type { Weights } from './weights.ts';

export const DIMENSIONS = 512;
/** The model reads so many pieces of a text, and works on so many at once. */
export const MAX_PIECES = 128;
const HEADS = 4;
const EMBEDDING = 256;
const HIDDEN = 1536;
const EPSILON = 1e-6;

const GRAPH = 'module_apply_default/Encoder_en/KonaTransformer/Encode';
const VALUE = 'ConcatPartitions/concat';

type Norm = { scale: Float32Array; bias: Float32Array };
type Layer = { width: number; norm: Norm; attend: Matrix; project: Matrix; innerNorm: Norm; expand: Matrix; contract: Matrix };
/** The rows of a text among those of all: from (inclusive) and to (exclusive). */
type Rows = { from: number; to: number };

export class Transformer {
  readonly #matrices = new Matrices(MAX_PIECES, HIDDEN);
  readonly #pieces: Float32Array;
  readonly #timing: Float32Array;
  readonly #widen: Matrix;
  readonly #layers: readonly Layer[];
  readonly #finish: Matrix;

  /** Copies what it needs, so that the weights can be collected. */
  constructor(weights: Weights) {
    const residual = `${GRAPH}/Layer_0/TransformerLayer/dense`;
    const last = 'module/Encoder_en/hidden_layers/tanh_layer_0';
    this.#pieces = weights('module/Embeddings_en').slice();
    this.#timing = timing(weights(`${GRAPH}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`));
    this.#widen = this.#matrices.add(weights(`${residual}/kernel/${VALUE}`), weights(`${residual}/bias/${VALUE}`));
    this.#layers = [this.#layer(weights, 0, EMBEDDING), this.#layer(weights, 1, DIMENSIONS)];
    this.#finish = this.#matrices.add(weights(`${last}/weights`), weights(`${last}/bias`));
  }

  /** One vector of unit length for each list of pieces; no list is empty, and together they have at most MAX_PIECES. */
  embed(lists: readonly (readonly number[])[]): Float32Array[] {
    const texts: Rows[] = [];
    for (const { length } of lists) texts.push({ from: texts.at(-1)?.to ?? 0, to: (texts.at(-1)?.to ?? 0) + length });
    const rows = texts.at(-1)?.to ?? 0;
    const input = this.#look(lists, rows);
    let state = this.#matrices.multiply(input, rows, this.#widen);
    for (const layer of this.#layers) {
      const entering = layer.width === EMBEDDING ? input : state;
      const attended = this.#attend(normalise(entering, layer.norm), layer, texts);
      state = plus(state, this.#matrices.multiply(attended, rows, layer.project));
      const hidden = this.#matrices.multiply(normalise(state, layer.innerNorm), rows, layer.expand, 0);
      state = plus(state, this.#matrices.multiply(hidden, rows, layer.contract));
    }
    const finished = this.#matrices.multiply(means(state, texts), texts.length, this.#finish);
    return texts.map((_, at) => toUnitLength(finished.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS).map(Math.tanh)));
  }

  #layer(weights: Weights, number: number, width: number): Layer {
    const own = `${GRAPH}/Layer_${number}/TransformerLayer`;
    const norm = (place: string): Norm => ({
      scale: weights(`${own}/${place}layer_prepostprocess/layer_norm/layer_norm_scale/${VALUE}`).slice(),
      bias: weights(`${own}/${place}layer_prepostprocess/layer_norm/layer_norm_bias/${VALUE}`).slice(),
    });
    const attention = (name: string): Matrix =>
      this.#matrices.add(
        weights(`module/Encoder_en/KonaTransformer/Encode/Layer_${number}/TransformerLayer/MultiheadAttention/${name}/kernel/part_0`),
        weights(`${own}/MultiheadAttention/${name}/bias/${VALUE}`),
      );
    const dense = (name: string): Matrix =>
      this.#matrices.add(
        weights(`${GRAPH}/TransformerStack/Layer_${number}/TransformerLayer/FFN/${name}/Tensordot/Reshape_1`),
        weights(`${own}/FFN/${name}/bias/${VALUE}`),
      );
    return {
      width,
      norm: norm(''),
      attend: attention('qkv_transform_single'),
      project: attention('output_transform_single'),
      innerNorm: norm('FFN/'),
      expand: dense('conv1'),
      contract: dense('conv2'),
    };
  }

  /** The pieces' own vectors, once plain and once with their place in the text added. */
  #look(lists: readonly (readonly number[])[], rows: number): Float32Array {
    const input = new Float32Array(rows * EMBEDDING);
    let to = 0;
    for (const list of lists) {
      for (const [place, piece] of list.entries()) {
        for (let i = 0; i < EMBEDDING; i++) {
          input[to++] = 2 * (this.#pieces[piece * EMBEDDING + i] ?? 0) + (this.#timing[place * EMBEDDING + i] ?? 0);
        }
      }
    }
    return input;
  }

  #attend(input: Float32Array, { width, attend }: Layer, texts: readonly Rows[]): Float32Array {
    const rows = input.length / width;
    const all = this.#matrices.multiply(input, rows, attend);
    const mixed = new Float32Array(input.length);
    const size = width / HEADS;
    const scale = 1 / Math.sqrt(size);
    for (const { from, to } of texts) {
      const count = to - from;
      const padded = roundUp(count, PANEL);
      for (let head = 0; head < HEADS; head++) {
        const value = (row: number, part: number, i: number): number => all[((from + row) * 3 + part) * width + head * size + i] ?? 0;
        const questions = new Float32Array(count * size);
        for (let at = 0; at < questions.length; at++) questions[at] = scale * value(Math.floor(at / size), 0, at % size);
        const weights = this.#matrices.product(questions, count, size, padded, (i, row) => (row < count ? value(row, 1, i) : 0));
        softmax(weights, count, padded);
        const found = this.#matrices.product(weights, count, padded, size, (row, i) => (row < count ? value(row, 2, i) : 0));
        for (let row = 0; row < count; row++) mixed.set(found.subarray(row * size, (row + 1) * size), (from + row) * width + head * size);
      }
    }
    return mixed;
  }
}

/** Sines, then cosines, of each place at falling frequencies. */
function timing(frequencies: Float32Array): Float32Array {
  const half = EMBEDDING / 2;
  return Float32Array.from({ length: MAX_PIECES * EMBEDDING }, (_, at) => {
    const angle = Math.floor(at / EMBEDDING) * (frequencies[at % half] ?? 0);
    return at % EMBEDDING < half ? Math.sin(angle) : Math.cos(angle);
  });
}

function normalise(input: Float32Array, { scale, bias }: Norm): Float32Array {
  const width = scale.length;
  const output = new Float32Array(input.length);
  for (let row = 0; row < input.length; row += width) {
    let total = 0;
    for (let i = row; i < row + width; i++) total += input[i] ?? 0;
    const mean = total / width;
    let squares = 0;
    for (let i = row; i < row + width; i++) squares += ((input[i] ?? 0) - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / width + EPSILON);
    for (let i = 0; i < width; i++) output[row + i] = ((input[row + i] ?? 0) - mean) * factor * (scale[i] ?? 0) + (bias[i] ?? 0);
  }
  return output;
}

/** In place, over the first `count` of every `padded` values; the others become 0. */
function softmax(values: Float32Array, count: number, padded: number): void {
  for (let row = 0; row < values.length; row += padded) {
    const line = values.subarray(row, row + count);
    let peak = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) peak = Math.max(peak, line[i] ?? 0);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const weight = Math.exp((line[i] ?? 0) - peak);
      line[i] = weight;
      total += weight;
    }
    for (let i = 0; i < count; i++) line[i] = (line[i] ?? 0) / total;
    values.fill(0, row + count, row + padded);
  }
}

/** Adds to the first and gives it back. */
function plus(a: Float32Array, b: Float32Array): Float32Array {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + (b[i] ?? 0);
  return a;
}

function means(state: Float32Array, texts: readonly Rows[]): Float32Array {
  const means = new Float32Array(texts.length * DIMENSIONS);
  for (const [at, { from, to }] of texts.entries()) {
    for (let i = from * DIMENSIONS; i < to * DIMENSIONS; i++) {
      const into = at * DIMENSIONS + (i % DIMENSIONS);
      means[into] = (means[into] ?? 0) + (state[i] ?? 0) / (to - from);
    }
  }
  return means;
}

function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0));
  return vector.map((component) => component / Math.max(length, 1e-6));
}
