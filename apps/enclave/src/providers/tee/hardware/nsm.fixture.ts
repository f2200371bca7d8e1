// Stands in for the helper of /dev/nsm: the same frames on standard input and output, PCR16 and documents of a made-up module behind them.

import { createNitroMachine, writeNitroDocument } from '@privexbot/attestation/simulation';
import { decode, encode } from 'cborg';
import { extendedOnce } from '../registers.ts';

const [mode = 'works'] = process.argv.slice(2);
const machine = await createNitroMachine(new Date());
const pcrs = new Map([0, 1, 2].map((index) => [index, new Uint8Array(48).fill(mode === 'debug' ? 0 : index + 1)]));
pcrs.set(16, new Uint8Array(48).fill(mode === 'taken' ? 9 : 0));
let isLocked = false;

interface Input {
  readonly index: number;
  readonly data: Uint8Array;
  readonly user_data: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  readonly public_key: Uint8Array | null;
}

async function answer(operation: string, input: Input): Promise<unknown> {
  switch (operation) {
    case 'DescribePCR':
      return { DescribePCR: { lock: isLocked, data: pcrs.get(input.index) } };
    case 'ExtendPCR':
      if (isLocked) return { Error: 'ReadOnlyIndex' };
      pcrs.set(input.index, extendedOnce(input.data));
      return { ExtendPCR: { data: pcrs.get(input.index) } };
    case 'LockPCR':
      isLocked = true;
      return 'LockPCR';
    case 'Attestation': {
      const { user_data: userData, nonce, public_key: publicKey } = input;
      const content = { at: new Date(), pcrs, ...(userData && { userData }), ...(nonce && { nonce }), ...(publicKey && { publicKey }) };
      return { Attestation: { document: await writeNitroDocument(machine, content) } };
    }
    default:
      return { Error: 'InvalidOperation' };
  }
}

let received = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
    const end = 4 + received.readUInt32BE(0);
    const [[operation, input] = ['', {}]] = Object.entries(decode(received.subarray(4, end)) as Record<string, Input>);
    received = received.subarray(end);
    if (mode === 'dies') process.exit(3);
    const body =
      mode === 'babbles'
        ? new Uint8Array(0x4000)
        : encode(mode === 'refuses' ? { Error: 'InternalError' } : await answer(operation, input as Input));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    process.stdout.write(Buffer.concat([head, body]));
  }
}
