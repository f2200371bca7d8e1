import { command } from '../command.ts';

export const verifyAudit = command({
  words: 'audit verify',
  summary: 'Recompute every chain of the audit log',
  takes: [],
  options: {},
  async run({ connect }) {
    const { client, org } = await connect();
    const report = await client.audit.verify({ params: { org } });
    const { intact, entries, writers, checkpoints, problem } = report;
    const seen = `${entries} entries of ${writers} writers, joined by ${checkpoints} checkpoints`;
    const where = problem ? ` at entry ${problem.sequence} of ${problem.writer}: ${problem.what}` : '';
    return { value: report, text: intact ? `Unbroken: ${seen}.` : `Broken${where}. Looked at ${seen}.`, failed: !intact };
  },
});
