// A stand-in for an OpenAI-compatible server: 30 fixed tokens per answer, hashed bags of words as embeddings. Loopback only.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const TOKENS = Array.from({ length: 30 }, (_, n) => `tok${n} `);
const DIMENSIONS = 384;

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
}

export async function startModelServer(): Promise<ModelServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = (chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {}) as { input?: string | string[] };
    if (request.url?.endsWith('/models')) return void response.end(JSON.stringify({ data: [{ id: 'bench' }] }));
    if (request.url?.endsWith('/embeddings')) return void response.end(JSON.stringify(embeddings([body.input ?? ''].flat())));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const content of TOKENS) response.write(frame({ choices: [{ index: 0, delta: { content } }] }));
    response.write(frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.write(frame({ choices: [], usage: { prompt_tokens: 20, completion_tokens: TOKENS.length } }));
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function embeddings(inputs: readonly string[]) {
  return {
    data: inputs.map((text, index) => ({ index, embedding: Buffer.from(embed(text).buffer).toString('base64') })),
    usage: { prompt_tokens: inputs.length, total_tokens: inputs.length },
  };
}

/** Signed feature hashing of words, of unit length. */
function embed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
    const at = (hash >>> 1) % DIMENSIONS;
    vector[at] = (vector[at] ?? 0) + (hash & 1 ? 1 : -1);
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
