// Verifies an environment, sends one prompt that only it can read, and shows the bytes that crossed the wire beside the answer.
//
//   export PRIVEXBOT_URL=https://ai.company.example PRIVEXBOT_API_KEY=pxb_... PRIVEXBOT_IDENTITY=...
//   node scripts/launch.mjs examples/encrypted-prompt.ts "What is our notice period?"
//
// PRIVEXBOT_IDENTITY is the environment's identity as somebody you trust gave it to you; without it the first visit is believed, and the checks say so.
// PRIVEXBOT_SIMULATION_ROOT, for development only, is the root certificate of a simulated environment: `.simulation/root.pem` of its checkout.
import { readFileSync } from 'node:fs';
import { attestedFetch, type EnclaveOptions, NotVerifiedError } from '@privexbot/sdk';
import OpenAI from 'openai';

const { PRIVEXBOT_URL: url = 'http://127.0.0.1:8080', PRIVEXBOT_API_KEY, PRIVEXBOT_IDENTITY, PRIVEXBOT_SIMULATION_ROOT } = process.env;
const prompt = process.argv[2] ?? 'What is our notice period?';

type Verdict = Parameters<NonNullable<EnclaveOptions['onVerdict']>>[0];

/** Bodies as they leave and reach this program. */
const sent: Uint8Array[] = [];
const received: Promise<ArrayBuffer>[] = [];

const environment: EnclaveOptions = {
  url,
  ...(PRIVEXBOT_IDENTITY && { pins: { identityKey: new Uint8Array(Buffer.from(PRIVEXBOT_IDENTITY, 'base64url')) } }),
  ...(PRIVEXBOT_SIMULATION_ROOT && (await trustSimulation(PRIVEXBOT_SIMULATION_ROOT))),
  // Told when the evidence was checked, before anything is sent.
  onVerdict: printVerdict,
  async transport(request) {
    sent.push(new Uint8Array(await request.clone().arrayBuffer()));
    const response = await fetch(request);
    received.push(response.clone().arrayBuffer());
    return response;
  },
};

try {
  // The official client, unchanged but for how it reaches the network.
  const openai = new OpenAI({
    baseURL: `${url}/openai/v1`,
    apiKey: PRIVEXBOT_API_KEY ?? '',
    fetch: attestedFetch(environment),
    maxRetries: 0,
  });
  const [bot] = (await openai.models.list()).data;
  if (!bot) throw new Error('No bot is published on the API channel.');

  // What was exchanged until here was the evidence, and the question which bots there are.
  sent.length = received.length = 0;
  const { choices } = await openai.chat.completions.create({ model: bot.id, messages: [{ role: 'user', content: prompt }] });
  const answer = choices[0]?.message.content ?? '';
  console.log(`\nPrompt: ${prompt}`);
  const isSealed = [printWire('sent', sent, prompt), printWire('received', await Promise.all(received), answer)];
  console.log(`\nAnswer: ${answer}`);
  process.exitCode = isSealed.includes(false) ? 1 : 0;
} catch (error) {
  const refusal = [error, error instanceof Error ? error.cause : undefined].find((one) => one instanceof NotVerifiedError);
  if (!refusal) throw error;
  console.error(`\n${refusal.message}`);
  process.exitCode = 1;
}

function printVerdict({ verdict, tee, release, models, environment: { identityKey }, checks, limits }: Verdict): void {
  const marks = { passed: 'ok    ', warned: 'warned', failed: 'FAILED', unknown: 'UNKNOWN' };
  console.log(`\n${url}, which says it is ${tee ?? 'nothing that is known'}, was checked by this program: ${verdict}`);
  for (const { id, title, status, explain } of checks)
    console.log(`  ${marks[status]} ${title} (${id})${explain ? `\n         ${explain}` : ''}`);
  console.log(`  identity ${identityKey}`);
  if (release) console.log(`  release ${release.name} ${release.version}, signed by ${release.signer}, source ${release.sourceUrl}`);
  for (const { name, sha256 } of models) console.log(`  model ${name}, SHA-256 ${sha256}`);
  console.log(`  not proven: ${limits.join(', ')} (docs/threat-model.md)`);
}

/** @returns whether no word of the text stands in the bytes */
function printWire(what: string, chunks: readonly (Uint8Array | ArrayBuffer)[], clear: string): boolean {
  const bytes = Buffer.concat(chunks.map((chunk) => new Uint8Array(chunk)));
  const words = clear.match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  const found = words.filter((word) => bytes.includes(word));
  console.log(
    `\nOn the wire, ${what}: ${bytes.length} bytes, in which ${found.length ? found.join(', ') : `none of ${words.length} words`} can be read`,
  );
  for (let at = 0; at < Math.min(bytes.length, 128); at += 32)
    console.log(`  ${bytes.toString('hex', at, at + 32).replace(/.{4}(?=.)/g, '$& ')}`);
  return found.length === 0;
}

async function trustSimulation(path: string): Promise<Pick<EnclaveOptions, 'anchors' | 'allowSimulated'>> {
  const { simulationAnchors } = await import('@privexbot/sdk/development');
  return { anchors: simulationAnchors(readFileSync(path, 'utf8')), allowSimulated: true };
}
