import { readFile } from 'node:fs/promises';
import { BundleError, verifyBundle } from '@privexbot/sdk';
import { command, UsageError } from '../command.ts';
import { developmentTrust } from '../development-trust.ts';
import { pinsOf } from '../environment.ts';
import { describeVerdict } from '../verify/describe-verdict.ts';

/** Offline: it reads the file and nothing else. */
export const verifyEvidence = command({
  words: 'verify-evidence',
  summary: 'Repeat a check from saved evidence, without the network',
  takes: ['FILE'],
  options: {},
  async run({ values, args: [file = ''] }) {
    const bundle = await readJson(file);
    const options = { ...(await developmentTrust()), pins: pinsOf(values as Readonly<Record<string, unknown>>) };
    const then = await repeat(file, bundle, options);
    const now = await repeat(file, bundle, { ...options, at: new Date() });
    const { origin } = bundle as { origin: string };
    const checkedBy = `Repeated by this computer from ${file}, as of ${then.checkedAt}.`;
    const today =
      now.verdict === 'not-verified' && then.verdict !== 'not-verified'
        ? 'It was so then. Evidence this old opens no connection today.'
        : 'It would be the same today.';
    return {
      value: { url: origin, ...then, now: now.verdict },
      text: `${describeVerdict(then, origin, checkedBy)}\n\n${today}`,
      failed: then.verdict === 'not-verified',
      isSimulated: then.verdict === 'simulated',
    };
  },
});

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code})`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not evidence that PrivexBot saved`);
  }
}

async function repeat(file: string, bundle: unknown, options: Parameters<typeof verifyBundle>[1]) {
  try {
    return await verifyBundle(bundle, options);
  } catch (error) {
    throw error instanceof BundleError ? new UsageError(`${file}: ${error.message}`) : error;
  }
}
