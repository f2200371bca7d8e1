// Reads the head of a GGUF file that somebody uploaded, before it is accepted: every length and count in it may be a lie.
// Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { AppError } from '../../../errors.ts';

export interface GgufHeader {
  readonly architecture: string;
  readonly name: string;
  readonly contextTokens: number;
  readonly parameters: number;
  /** As `Q4_K_M`; `mixed` when the file does not say. */
  readonly quantisation: string;
}

/** How much of a file's beginning is read: large vocabularies take about 10 MB. */
export const MAX_HEADER_BYTES = 64 * 1024 * 1024;

const REASONS = {
  not_gguf: 'it is not a GGUF file. Choose a file whose name ends in .gguf.',
  version: 'it has a version of GGUF that is not supported. Convert the model with a current llama.cpp.',
  truncated: 'it ends too early. Download it again and compare its size.',
  malformed: 'its header is damaged. Download it again.',
  header_too_large: 'its header is larger than that of any known model.',
  split: 'it is one part of a split model. Join the parts with llama-gguf-split first.',
  architecture: 'it does not name the architecture of a language model.',
  chat_template: 'it has no chat template, so it cannot hold a conversation. Choose an "instruct" or "chat" version of the model.',
  context: 'it does not say how long a conversation it can read, or one too short to be of use.',
} as const;

export type GgufRefusal = keyof typeof REASONS;

const MAX_ENTRIES = 4_096;
const MAX_TENSORS = 65_536;
const MIN_CONTEXT_TOKENS = 256;
const MAX_CONTEXT_TOKENS = 100_000_000;

/**
 * Checks that a file can be a chat model.
 * @param head the first bytes of the file, up to `MAX_HEADER_BYTES`
 * @throws AppError `model_file_refused` with the detail `refusal`
 */
export function readGgufHeader(head: Uint8Array, sizeBytes: number): GgufHeader {
  const reader = createReader(head, sizeBytes);
  if (head.length < 4 || String.fromCharCode(...head.subarray(0, 4)) !== 'GGUF') refuse('not_gguf');
  reader.skip(4);
  const version = reader.uint32();
  if (version !== 2 && version !== 3) refuse('version');
  const tensors = reader.uint64();
  const entries = readEntries(reader, reader.uint64());
  const number = (key: string) => (typeof entries.get(key) === 'number' ? Number(entries.get(key)) : undefined);
  const text = (key: string) => (typeof entries.get(key) === 'string' ? String(entries.get(key)) : '');

  if ((number('split.count') ?? 1) > 1) refuse('split');
  const architecture = text('general.architecture');
  if (!/^[a-z0-9][a-z0-9_.-]{0,63}$/.test(architecture)) refuse('architecture');
  if (text('tokenizer.chat_template').trim() === '') refuse('chat_template');
  const contextTokens = number(`${architecture}.context_length`) ?? 0;
  if (!Number.isInteger(contextTokens) || contextTokens < MIN_CONTEXT_TOKENS || contextTokens > MAX_CONTEXT_TOKENS) refuse('context');
  return {
    architecture,
    name: text('general.name').slice(0, 120),
    contextTokens,
    parameters: countParameters(reader, tensors, number('general.alignment') ?? 32),
    quantisation: FILE_TYPES[number('general.file_type') ?? -1] ?? 'mixed',
  };
}

type Value = number | string | boolean | undefined;

/** Single values by key; lists are skipped, nothing of the header needs them. */
function readEntries(reader: Reader, count: number): Map<string, Value> {
  if (count > MAX_ENTRIES) refuse('malformed');
  const entries = new Map<string, Value>();
  for (let i = 0; i < count; i++) {
    const key = reader.string();
    entries.set(key, readValue(reader, reader.uint32()));
  }
  return entries;
}

const ARRAY = 9;
const STRING = 8;
const MAX_DEPTH = 3;

/** Scalar types by number: how long they are, and how those we use are read. */
const SCALARS: readonly (readonly [bytes: number, read?: (reader: Reader) => Value] | undefined)[] = [
  [1],
  [1],
  [2],
  [2],
  [4, (reader) => reader.uint32()],
  [4],
  [4],
  [1],
  undefined,
  undefined,
  [8, (reader) => reader.uint64()],
  [8],
  [8],
];

function readValue(reader: Reader, type: number, depth = 0): Value {
  if (type === STRING) return reader.string();
  if (type === ARRAY) {
    skipArray(reader, depth);
    return undefined;
  }
  const [bytes, read] = SCALARS[type] ?? refuse('malformed');
  if (read) return read(reader);
  reader.skip(bytes);
  return undefined;
}

function skipArray(reader: Reader, depth: number): void {
  const type = reader.uint32();
  const count = reader.uint64();
  const scalar = SCALARS[type];
  if (scalar) {
    reader.skip(scalar[0] * count);
    return;
  }
  if ((type !== STRING && type !== ARRAY) || depth >= MAX_DEPTH) refuse('malformed');
  // Each item takes bytes, so a count that lies meets the end of the file.
  for (let i = 0; i < count; i++) {
    if (type === STRING) reader.skip(reader.uint64());
    else skipArray(reader, depth + 1);
  }
}

/** Reads the list of tensors; each must lie inside the file. */
function countParameters(reader: Reader, tensors: number, alignment: number): number {
  if (tensors === 0 || tensors > MAX_TENSORS || !isPowerOfTwo(alignment)) refuse('malformed');
  let parameters = 0;
  let dataBytes = 0;
  for (let i = 0; i < tensors; i++) {
    reader.skip(reader.uint64()); // its name
    const dimensions = reader.uint32();
    if (dimensions === 0 || dimensions > 4) refuse('malformed');
    let elements = 1;
    for (let d = 0; d < dimensions; d++) elements *= reader.uint64();
    // Of a type that is not known here at least the first byte must be there.
    const block = BLOCKS[reader.uint32()];
    dataBytes = Math.max(dataBytes, reader.uint64() + (block ? Math.ceil(elements / block[0]) * block[1] : 1));
    parameters += elements;
  }
  if (!Number.isSafeInteger(parameters) || parameters === 0) refuse('malformed');
  const dataStart = Math.ceil(reader.offset / alignment) * alignment;
  if (dataStart + dataBytes > reader.sizeBytes) refuse('truncated');
  return parameters;
}

interface Reader {
  readonly offset: number;
  readonly sizeBytes: number;
  skip(bytes: number): void;
  uint32(): number;
  uint64(): number;
  string(): string;
}

function createReader(head: Uint8Array, sizeBytes: number): Reader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let offset = 0;
  /** Steps over some bytes and gives the place where they began. */
  const take = (bytes: number): number => {
    const from = offset;
    if (bytes > head.length - from) refuse(from + bytes > sizeBytes ? 'truncated' : 'header_too_large');
    offset += bytes;
    return from;
  };
  const reader: Reader = {
    get offset() {
      return offset;
    },
    sizeBytes,
    skip: (bytes) => void take(bytes),
    uint32: () => view.getUint32(take(4), true),
    uint64() {
      const value = view.getBigUint64(take(8), true);
      return value > Number.MAX_SAFE_INTEGER ? refuse('malformed') : Number(value);
    },
    string() {
      const length = reader.uint64();
      const from = take(length);
      return new TextDecoder().decode(head.subarray(from, from + length));
    },
  };
  return reader;
}

function isPowerOfTwo(value: number): boolean {
  return value >= 1 && value <= 65_536 && Number.isInteger(Math.log2(value));
}

function refuse(refusal: GgufRefusal): never {
  throw new AppError('model_file_refused', { refusal, reason: REASONS[refusal] });
}

/** By number of a tensor's type (enum ggml_type): how many elements a block holds, and its bytes. */
const BLOCKS: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  9: [32, 36],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  34: [256, 54],
  35: [256, 66],
  39: [32, 17],
};

/** `general.file_type` of llama.cpp (enum llama_ftype). */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  19: 'IQ2_XXS',
  20: 'IQ2_XS',
  21: 'Q2_K_S',
  22: 'IQ3_XS',
  23: 'IQ3_XXS',
  24: 'IQ1_S',
  25: 'IQ4_NL',
  26: 'IQ3_S',
  27: 'IQ3_M',
  28: 'IQ2_S',
  29: 'IQ2_M',
  30: 'IQ4_XS',
  31: 'IQ1_M',
  32: 'BF16',
  36: 'TQ1_0',
  37: 'TQ2_0',
  38: 'MXFP4',
};
