// The sealed connection that every command speaks through.
import { hostname } from 'node:os';
import { type DeviceJwk, deviceKeyFromJwk, type EnclaveConnection, openEnclave, type Transport } from '@privexbot/sdk';
import { fromBase64url } from '@privexbot/secure-channel';
import { UsageError } from './command.ts';
import type { Env } from './config-folder.ts';
import { developmentTrust } from './development-trust.ts';
import { explainConnection, type Memory } from './explain-connection.ts';
import { filePins } from './file-pins.ts';
import type { Screen } from './screen.ts';

export interface EnvironmentOptions {
  readonly url: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly env: Env;
  readonly screen: Screen;
  readonly headers?: Readonly<Record<string, string>>;
  readonly device?: DeviceJwk;
}

/** Verifies the environment before anything is sent to it, and remembers it beside the login. Failures say what to do. */
export async function openEnvironment(options: EnvironmentOptions): Promise<EnclaveConnection> {
  const { url, values, env, screen, headers, device } = options;
  let isTold = false;
  const connection = openEnclave({
    url,
    store: filePins(env),
    pins: pinsOf(values),
    ...(await developmentTrust()),
    ...(headers && { headers }),
    ...(device && { device: await deviceKeyFromJwk(device, `Command line, ${hostname()}`) }),
    onVerdict({ verdict }) {
      if (verdict === 'simulated' && !isTold) screen.note(`Simulated: no protected hardware answers at ${url}. It protects nothing.`);
      isTold = true;
    },
  });
  const memoryOf = async (origin: string): Promise<Memory | undefined> => {
    const { path, read } = filePins(env);
    const known = pinsOf(values).identityKey ? undefined : await read(origin);
    return known && { path, isOfHardware: known.wasVerified === true };
  };
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw await explainConnection(error, url, await memoryOf(url));
    }
  };
  return {
    transport: patient((request) => explained(() => connection.transport(request))),
    check: () => explained(() => connection.check()),
    recheck: () => explained(() => connection.recheck()),
    words: () => explained(() => connection.words()),
    evidence: () => connection.evidence(),
    get last() {
      return connection.last;
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

const KEY_BYTES = 32;

/** @throws UsageError */
export function pinsOf({ identity }: Readonly<Record<string, unknown>>): { identityKey?: Uint8Array } {
  if (typeof identity !== 'string') return {};
  try {
    const identityKey = fromBase64url(identity);
    if (identityKey.length === KEY_BYTES) return { identityKey };
  } catch {
    // The same sentence for either fault.
  }
  throw new UsageError('--identity is not an identity key: 43 letters and digits, as "privexbot verify" prints it');
}

/** Waits where the server asks to slow down. */
function patient(send: Transport): Transport {
  return async (request) => {
    for (;;) {
      const response = await send(request.clone());
      const seconds = Number(response.headers.get('retry-after'));
      if (response.status !== 429 || !(seconds > 0 && seconds <= 60)) return response;
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    }
  };
}
