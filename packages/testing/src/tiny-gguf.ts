// A GGUF model of random weights, 0.6 MB: it loads, streams and stops like a real one, and what it says is babble.
// Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md

const ALIGNMENT = 32;
const EMBEDDING = 64;
const FEED_FORWARD = 128;
const BLOCKS = 2;
const HEADS = 4;
/** The tokens that stand for bytes come after `<unk>`, `<s>` and `</s>`. */
const BYTES_FROM = 3;
const TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

export interface TinyGgufOptions {
  readonly seed?: number;
  readonly contextTokens?: number;
  readonly architecture?: string;
  /** `null` leaves it out. */
  readonly chatTemplate?: string | null;
  /** Characters (one byte each) of which its babble is made; any bytes by default. */
  readonly alphabet?: string;
}

/** How much likelier a letter of the alphabet is made than what is not in it. */
const EMPHASIS = 8;

const TEMPLATE = "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}<assistant>";

/** Writes a model file. The same options give the same bytes. */
export function tinyGguf({
  seed = 1,
  contextTokens = 512,
  architecture = 'llama',
  chatTemplate = TEMPLATE,
  alphabet,
}: TinyGgufOptions = {}): Uint8Array {
  const tokens = [
    '<unk>',
    '<s>',
    '</s>',
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  ];
  const kinds = tokens.map((_, index) => [2, 3, 3][index] ?? 6); // unknown, control, control, then bytes
  const tensors = tensorShapes(tokens.length);
  const entries: [key: string, value: number[]][] = [
    ['general.architecture', text(architecture)],
    ['general.name', text('tiny')],
    ['general.alignment', uint(ALIGNMENT)],
    ['general.file_type', uint(0)],
    ['llama.vocab_size', uint(tokens.length)],
    ['llama.context_length', uint(contextTokens)],
    ['llama.embedding_length', uint(EMBEDDING)],
    ['llama.block_count', uint(BLOCKS)],
    ['llama.feed_forward_length', uint(FEED_FORWARD)],
    ['llama.attention.head_count', uint(HEADS)],
    ['llama.attention.head_count_kv', uint(HEADS)],
    ['llama.rope.dimension_count', uint(EMBEDDING / HEADS)],
    ['llama.attention.layer_norm_rms_epsilon', float(1e-5)],
    ['llama.rope.freq_base', float(10_000)],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', array(TYPE.string, tokens.map(string))],
    [
      'tokenizer.ggml.scores',
      array(
        TYPE.float32,
        tokens.map((_, index) => float32(-index)),
      ),
    ],
    ['tokenizer.ggml.token_type', array(TYPE.int32, kinds.map(uint32))],
    ['tokenizer.ggml.bos_token_id', uint(1)],
    ['tokenizer.ggml.eos_token_id', uint(2)],
    ['tokenizer.ggml.unknown_token_id', uint(0)],
    ['tokenizer.ggml.add_bos_token', [...uint32(TYPE.bool), 1]],
    ['tokenizer.ggml.add_eos_token', [...uint32(TYPE.bool), 0]],
    ['tokenizer.ggml.add_space_prefix', [...uint32(TYPE.bool), 0]],
  ];
  if (chatTemplate !== null) entries.push(['tokenizer.chat_template', text(chatTemplate)]);

  const random = xorshift(seed);
  const data: number[] = [];
  const infos = tensors.flatMap(([name, ...shape]) => {
    const info = [...string(name), ...uint32(shape.length), ...shape.flatMap(uint64), ...uint32(0), ...uint64(data.length)];
    const isNorm = name.includes('norm');
    const count = shape.reduce((a, b) => a * b);
    for (let index = 0; index < count; index++) {
      const weight = isNorm ? 1 : (random() - 0.5) * 0.3;
      const letter = String.fromCharCode(Math.floor(index / EMBEDDING) - BYTES_FROM);
      const emphasis = alphabet && name === 'output.weight' ? (alphabet.includes(letter) ? EMPHASIS : 0) : 1;
      data.push(...float32(weight * emphasis));
    }
    pad(data);
    return info;
  });
  const head = [...new TextEncoder().encode('GGUF'), ...uint32(3), ...uint64(tensors.length), ...uint64(entries.length)];
  for (const [key, value] of entries) head.push(...string(key), ...value);
  head.push(...infos);
  pad(head);
  return Uint8Array.from([...head, ...data]);
}

function tensorShapes(vocabulary: number): [name: string, ...shape: number[]][] {
  const blocks = Array.from({ length: BLOCKS }, (_, block): [string, ...number[]][] => [
    [`blk.${block}.attn_norm.weight`, EMBEDDING],
    ...['q', 'k', 'v', 'output'].map((part): [string, ...number[]] => [`blk.${block}.attn_${part}.weight`, EMBEDDING, EMBEDDING]),
    [`blk.${block}.ffn_norm.weight`, EMBEDDING],
    [`blk.${block}.ffn_gate.weight`, EMBEDDING, FEED_FORWARD],
    [`blk.${block}.ffn_up.weight`, EMBEDDING, FEED_FORWARD],
    [`blk.${block}.ffn_down.weight`, FEED_FORWARD, EMBEDDING],
  ]);
  return [
    ['token_embd.weight', EMBEDDING, vocabulary],
    ...blocks.flat(),
    ['output_norm.weight', EMBEDDING],
    ['output.weight', EMBEDDING, vocabulary],
  ];
}

function uint32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

const uint64 = (value: number): number[] => [...uint32(value), ...uint32(Math.floor(value / 2 ** 32))];
const float32 = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
const uint = (value: number): number[] => [...uint32(TYPE.uint32), ...uint32(value)];
const float = (value: number): number[] => [...uint32(TYPE.float32), ...float32(value)];
const text = (value: string): number[] => [...uint32(TYPE.string), ...string(value)];

function string(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...uint64(bytes.length), ...bytes];
}

function array(type: number, items: number[][]): number[] {
  return [...uint32(TYPE.array), ...uint32(type), ...uint64(items.length), ...items.flat()];
}

function pad(bytes: number[]): void {
  while (bytes.length % ALIGNMENT !== 0) bytes.push(0);
}

function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
