/** dstack's guest agent: JSON over HTTP on a Unix socket that the compose file mounts. Dstack-TEE/dstack `guest-agent/rpc/proto/agent_rpc.proto`. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { StartProblem, systemCode } from '../../../start-problem.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 15_000;

/** Calls one method; bytes are hexadecimal in both directions. */
export async function callGuestAgent(socketPath: string, method: string, input: object): Promise<Readonly<Record<string, unknown>>> {
  try {
    const answer: unknown = JSON.parse(await post(socketPath, method, JSON.stringify(input)));
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>; // Each member is looked at where it is used.
    throw new StartProblem(`The guest agent's answer to ${method} is no object.`);
  } catch (error) {
    const code = systemCode(error);
    if (code) throw new StartProblem(`The guest agent at ${socketPath} cannot be reached (${code}). Mount its socket into the container.`);
    if (error instanceof SyntaxError) throw new StartProblem(`The guest agent's answer to ${method} is not JSON.`);
    throw error;
  }
}

/** A member of an answer that must be text. */
export function textOf(answer: Readonly<Record<string, unknown>>, name: string): string {
  const value = answer[name];
  if (typeof value !== 'string') throw new StartProblem(`The guest agent's answer has no ${name}.`);
  return value;
}

function post(socketPath: string, method: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const call = request({ socketPath, host: 'dstack', path: `/${method}`, method: 'POST', headers, signal }, (answer) => {
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) call.destroy(new Error('The guest agent answered too much'));
      });
      if (answer.statusCode !== 200) {
        answer.resume();
        reject(new StartProblem(`The guest agent refused ${method} (status ${answer.statusCode}).`));
      } else text(answer).then(resolve, reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
