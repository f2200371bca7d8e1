import { readFile } from 'node:fs/promises';
import { keyWords } from '@privexbot/attestation';
import { ReceiptError, verifyReceipt } from '@privexbot/sdk';
import { command, Refusal, UsageError } from '../command.ts';

/** Larger than any receipt. */
const MAX_BYTES = 64 * 1024;

/** Needs no server: the receipt holds what it is checked with, but only whoever asks knows whose it should be. */
export const verifyReceiptFile = command({
  words: 'verify-receipt',
  summary: 'Check a receipt of destroyed keys, without asking anybody',
  takes: ['FILE'],
  options: {
    identity: { type: 'string', value: 'KEY', help: "the environment's identity key that must have signed it" },
  },
  async run({ args: [path = ''], values }) {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${path} cannot be read (${error.code})`);
    });
    const signed = await verifyReceipt(bytes.subarray(0, MAX_BYTES).toString(), values.identity).catch((error: unknown) => {
      throw error instanceof ReceiptError ? new Refusal(error.message) : error;
    });
    const { receipt, identity } = signed;
    const words = await keyWords(Buffer.from(identity, 'base64url'));
    return {
      value: { valid: true, identityChecked: values.identity !== undefined, words, ...signed },
      text: [
        `The signature is right. Signed by the environment ${identity} (${words}).`,
        ...(values.identity ? [] : ['Compare that with the identity you know, or give it with --identity.']),
        '',
        `Destroyed at       ${receipt.destroyedAt}`,
        `Epochs             ${receipt.epochs.join(', ')}, followed by ${receipt.newEpoch}`,
        `Root key source    ${receipt.source}`,
        `Keys moved before  ${receipt.keysRewrapped}`,
        `Backups expire     ${receipt.backupsExpireAt ?? 'not known'}`,
        '',
        ...receipt.limits.map((limit) => `- ${limit}`),
      ].join('\n'),
    };
  },
});
