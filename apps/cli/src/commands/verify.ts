import { writeFile } from 'node:fs/promises';
import { command } from '../command.ts';
import { serverUrl } from '../connect.ts';
import { openEnvironment } from '../environment.ts';
import { NotVerified } from '../explain-connection.ts';
import { checkAssets } from '../verify/assets.ts';
import { describeVerdict, type Judged } from '../verify/describe-verdict.ts';

/** Always by a whole handshake: evidence for somebody else's question would say nothing of who answers here. */
export const verify = command({
  words: 'verify',
  summary: 'Check which environment answers at an address, and whether it serves the pages of its release',
  takes: ['URL'],
  options: { save: { type: 'string', value: 'FILE', help: 'Keep the evidence, for "privexbot verify-evidence"' } },
  async run({ values, args: [given = ''], env, screen }) {
    const url = serverUrl({ url: given }, env);
    using connection = await openEnvironment({ url, values, env, screen });
    const { verdict, advice } = await connection.check().then(
      (found) => ({ verdict: found, advice: '' }),
      (error: unknown) => {
        if (error instanceof NotVerified) return { verdict: error.verdict, advice: error.message };
        throw error;
      },
    );
    if (values.save) await writeFile(values.save, `${JSON.stringify(connection.evidence())}\n`);
    const judged = verdict.verdict === 'not-verified' ? verdict : await withAssets(verdict, url, screen.status);
    if (advice) screen.note(`privexbot: ${advice}`);
    const checkedBy = `Checked by this computer at ${verdict.checkedAt}, not by the server.`;
    return {
      value: { url, ...judged },
      text: describeVerdict(judged, url, checkedBy),
      failed: judged.verdict === 'not-verified',
      isSimulated: judged.verdict === 'simulated',
    };
  },
});

async function withAssets(verdict: Judged, url: string, onStatus: (line: string) => void): Promise<Judged> {
  const check = await checkAssets(url, verdict.release?.assets ?? {}, (done, of) => onStatus(`Comparing pages: ${done} of ${of}`));
  return { ...verdict, verdict: worse(verdict.verdict, check.status), checks: [...verdict.checks, check] };
}

function worse(verdict: Judged['verdict'], status: Judged['checks'][number]['status']): Judged['verdict'] {
  if (status === 'failed' || status === 'unknown') return 'not-verified';
  return status === 'warned' && verdict === 'verified' ? 'verified-with-warnings' : verdict;
}
