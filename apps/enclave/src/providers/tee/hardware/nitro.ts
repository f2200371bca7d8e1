import type { Evidence } from '@privexbot/attestation';
import { decode, encode } from 'cborg';
import type { Log } from '../../../log.ts';
import { StartProblem } from '../../../start-problem.ts';
import { extendedOnce, hex, sha384 } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { examine, START_DATA } from './examine.ts';
import { type Nsm, openNsm } from './nsm.ts';

export interface NitroOptions {
  readonly manifest: Uint8Array;
  readonly log: Log;
  readonly now: () => Date;
  readonly nsm?: Nsm;
}

const HELPER = '/usr/local/bin/privexbot-nsm';
/** The first register that is not Nitro's own. */
const MANIFEST_PCR = 16;

/** An enclave whose image holds its settings; the launch manifest made from them is extended into PCR16, which is then locked. */
export async function openNitro({ manifest, log, now, nsm = openNsm([HELPER]) }: NitroOptions): Promise<TeeProvider> {
  await using stack = new AsyncDisposableStack();
  stack.use(nsm);
  const documentOf = async (members: { user_data?: Uint8Array; nonce?: Uint8Array; public_key?: Uint8Array }): Promise<Uint8Array> => {
    const { document } = await ask(nsm, 'Attestation', { user_data: null, nonce: null, public_key: null, ...members });
    if (!(document instanceof Uint8Array)) throw new Error('The security module gave no document');
    return document;
  };
  const attest = async (reportData: Uint8Array, nonce?: Uint8Array): Promise<Evidence> => ({
    tee: 'nitro',
    document: await documentOf({ user_data: reportData, ...(nonce ? { nonce } : {}) }),
  });
  await bindManifest(nsm, sha384(manifest));
  const { registers } = await examine('nitro', await attest(START_DATA), now(), log);
  const owned = stack.move();
  return {
    kind: 'nitro',
    tee: 'nitro',
    isSimulated: false,
    registers,
    // A document brings everything that is needed, each time anew.
    collateralVersion: 'document',
    attest,
    attestKey: (publicKey) => documentOf({ public_key: publicKey }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function bindManifest(nsm: Nsm, digest: Uint8Array): Promise<void> {
  const expected = hex(extendedOnce(digest));
  const read = async () => {
    const { data, lock } = await ask(nsm, 'DescribePCR', { index: MANIFEST_PCR });
    return { value: data instanceof Uint8Array ? hex(data) : '', isLocked: lock === true };
  };
  const before = await read();
  if (before.value === expected && before.isLocked) return; // The server was started anew in an enclave that goes on.
  if (before.isLocked || !/^0*$/.test(before.value))
    throw new StartProblem('PCR16 of this enclave already holds something else than the launch manifest. Start the enclave anew.');
  await ask(nsm, 'ExtendPCR', { index: MANIFEST_PCR, data: digest });
  await ask(nsm, 'LockPCR', { index: MANIFEST_PCR });
  const after = await read();
  if (after.value !== expected || !after.isLocked) throw new StartProblem('PCR16 does not hold the launch manifest after it was extended.');
}

/** `{Name: {...}}` up and down; an operation without a result answers with its name alone, a refusal with `{Error: code}`. */
async function ask(nsm: Nsm, operation: string, input: object): Promise<Record<string, unknown>> {
  const answer: unknown = decode(await nsm.request(encode({ [operation]: input })));
  if (answer === operation) return {};
  const members = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  const result = members[operation];
  if (typeof result === 'object' && result !== null) return result as Record<string, unknown>; // Each member is looked at where it is used.
  throw new StartProblem(`The Nitro security module refused ${operation} (${String(members.Error ?? 'no reason')}).`);
}
