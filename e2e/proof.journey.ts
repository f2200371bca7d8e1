// The proof of concept as whoever reads its guide runs it: one command, and the client script against an environment that is not the one it means.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProof, type ProofEnvironment, runClient } from '../scripts/proof.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const QUESTION = 'Confidential: when does Quillfeather merge with Dunmore?';
const onLinux = test.skipIf(process.platform !== 'linux');

let proof: ProofEnvironment;
beforeAll(async () => {
  proof = await openProof();
});
afterAll(() => proof?.[Symbol.asyncDispose]());

onLinux('one command verifies the environment and sends a prompt whose words nobody on the wire can read', async () => {
  const child = spawn(process.execPath, ['scripts/proof.ts', QUESTION], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain('was checked by this program: simulated');
  expect(stdout).toContain('ok     The models that run inside are the ones that were measured (model)');
  expect(stdout).toContain(`, SHA-256 ${proof.modelSha256}`);
  expect(stdout).toMatch(/On the wire, sent: \d{3,} bytes, in which none of 7 words can be read\n {2}[0-9a-f]{4} /);
  // What a model of random weights over an alphabet says; quoting mode would say that it does not know.
  expect(stdout).toMatch(/\nAnswer: [a-z ]{20,}\n/);
  expect(stdout).toMatch(/recorded \d{4,} bytes, handshake included\. Words of the prompt among them: none\./);
});

onLinux('between client and environment there is nothing but handshakes and sealed requests', async () => {
  const from = proof.wire().length;
  const { status, stderr } = await runClient(proof, QUESTION);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const wire = proof.wire().subarray(from).toString('latin1');
  const requests = [...wire.matchAll(/^(GET|POST|PUT|PATCH|DELETE|OPTIONS) (\S+) HTTP/gm)].map(([, method, path]) => `${method} ${path}`);
  expect(requests.length).toBeGreaterThanOrEqual(3);
  expect(new Set(requests)).toEqual(new Set(['POST /channel']));
  for (const clear of ['Quillfeather', 'chat/completions', 'openai', 'authorization', proof.apiKey, 'bot_'])
    expect(wire).not.toContain(clear);
});

test('the client refuses another identity than the one it was given, and sends no more than a hello', async () => {
  const from = proof.wire().length;
  const other = Buffer.alloc(32, 7).toString('base64url');
  const { status, stderr } = await runClient(proof, QUESTION, { PRIVEXBOT_IDENTITY: other });
  expect(status).toBe(1);
  expect(stderr).toContain('nothing was sent to it. Not passed: “It is the environment you know”');
  expect(
    proof
      .wire()
      .subarray(from)
      .toString('latin1')
      .match(/POST \/channel/g),
  ).toHaveLength(1);
});

test('the client refuses a simulation that it was not told to expect', async () => {
  const { status, stdout, stderr } = await runClient(proof, QUESTION, { PRIVEXBOT_SIMULATION_ROOT: '' });
  expect(status).toBe(1);
  expect(stdout).toContain('was checked by this program: not-verified');
  expect(stderr).toContain('“The signing certificate is of a genuine processor”');
});
