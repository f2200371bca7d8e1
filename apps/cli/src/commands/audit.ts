import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { keyWords } from '@privexbot/attestation';
import { AuditExportError, verifyAuditExport } from '@privexbot/sdk';
import { command, Refusal, UsageError } from '../command.ts';

export const verifyAudit = command({
  words: 'audit verify',
  summary: 'Recompute every chain of the audit log, or of an exported one without asking anybody',
  takes: [],
  options: {
    file: { type: 'string', value: 'FILE', help: 'an exported audit log (JSON Lines) to check offline' },
    identity: { type: 'string', value: 'KEY', help: "with --file: the environment's identity key that must have signed it" },
  },
  async run({ values, connect }) {
    if (values.file !== undefined) return verifyFile(values.file, values.identity);
    const { client, org } = await connect();
    const report = await client.audit.verify({ params: { org } });
    const { intact, entries, writers, checkpoints, problem, dropped } = report;
    const seen = `${entries} entries of ${writers} writers, joined by ${checkpoints} checkpoints`;
    const where = problem ? ` at entry ${problem.sequence} of ${problem.writer}: ${problem.what}` : '';
    const text = intact ? `Unbroken: ${seen}.${describeDropped(dropped)}` : `Broken${where}. Looked at ${seen}.`;
    return { value: report, text, failed: !intact };
  },
});

async function verifyFile(path: string, identity: string | undefined) {
  try {
    const report = await verifyAuditExport(createReadStream(path), identity);
    const words = await keyWords(Buffer.from(report.identity, 'base64url'));
    const { complete, entries, writers, checkpoints, uncovered, dropped } = report;
    return {
      value: { intact: true, identityChecked: identity !== undefined, words, ...report },
      text: [
        `Signed by the environment ${report.identity} (${words}).`,
        ...(identity === undefined ? ['Compare that with the identity you know, or give it with --identity.'] : []),
        complete
          ? `Unbroken: ${entries} entries of ${writers} writers, joined by ${checkpoints} checkpoints.${describeDropped(dropped)}`
          : `A part of the log: ${entries} entries. They are those that were exported; what was left out cannot be seen.`,
        ...(complete && uncovered > 0
          ? [`${uncovered} entries came after the last checkpoint; the export as a whole vouches for them.`]
          : []),
      ].join('\n'),
    };
  } catch (error) {
    if (error instanceof AuditExportError) throw new Refusal(error.message);
    const { code } = error as NodeJS.ErrnoException;
    throw code ? new UsageError(`${path} cannot be read (${code})`) : error;
  }
}

function describeDropped(dropped: { entries: number; before: string } | undefined): string {
  return dropped ? ` ${dropped.entries} older ones, from before ${dropped.before}, were dropped as the organization wishes.` : '';
}

export const exportAudit = command({
  words: 'audit export',
  summary: 'Write the audit log to a file that "audit verify --file" can check offline',
  takes: [],
  options: {
    out: { type: 'string', value: 'FILE', required: true, help: 'a new file; what is in it is not encrypted' },
    format: { type: 'string', value: 'jsonl|cef', help: 'jsonl (the default) can be checked offline, cef is for a SIEM' },
    from: { type: 'string', value: 'TIME', help: 'only entries from then on, such as 2026-01-31T00:00:00Z' },
    to: { type: 'string', value: 'TIME', help: 'only entries before then' },
    action: { type: 'string', value: 'ACTION', help: 'only this action, or those of a domain such as member' },
    actor: { type: 'string', value: 'ID', help: 'only what this person, API key or connection did' },
    target: { type: 'string', value: 'ID', help: 'only entries about this' },
  },
  async run({ values, connect }) {
    const { out, format = 'jsonl', from, to, action, actor, target } = values;
    if (format !== 'jsonl' && format !== 'cef') throw new UsageError('--format is jsonl or cef');
    const { client, org } = await connect();
    const query = { format, from, to, action, actor, target } as const;
    const response = await client.audit.export({ params: { org }, query });
    const file = await open(out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(
        error.code === 'EEXIST' ? `${out} is there already; name a new file` : `${out} cannot be written (${error.code})`,
      );
    });
    let sizeBytes = 0;
    try {
      for await (const chunk of response.body ?? []) {
        sizeBytes += chunk.length;
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
    return { value: { id: org, out, format, sizeBytes }, text: `Written to ${out}: ${sizeBytes} bytes.` };
  },
});
