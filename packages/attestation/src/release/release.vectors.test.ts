import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Report } from '../checks.ts';
import { FILES, type StatementRow } from '../testing/release-vectors.ts';
import { verifyEd25519 } from './checkpoint.ts';
import { verifyRelease } from './verify-release.ts';

const FOLDER = new URL('../../../../vectors/release-log/', import.meta.url);
const { vectors: rows }: { vectors: StatementRow[] } = read('statements.json');

function read(name: string) {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

/** So that a row is refused for what it is about, and not for something before it. */
const REASONS: Readonly<Record<string, RegExp>> = {
  'another-log-was-seen': /moved to another log/,
  'witness-week-ago': /for long/,
  'witness-month-ago': /for long/,
  'witness-in-the-future': /Too few witnesses/,
  'witness-missing': /Too few witnesses/,
  'witness-unknown': /Too few witnesses/,
  rewritten: /does not continue/,
  'rewritten-and-grown': /does not continue/,
  'growth-not-shown': /does not continue/,
  'other-key': /not signed by the key/,
  'entry-altered': /does not stand in the log/,
  'index-altered': /does not stand in the log/,
  'proof-altered': /does not stand in the log/,
  'history-altered': /does not lead to its signed state/,
  'size-altered': /not signed by the key/,
  'cosignature-altered': /witness’s signature is wrong/,
  'unknown-member': /unknown member/,
  'not-canonical': /canonical form/,
  'build-not-whole': /lacks rtmr0/,
  cut: /not JSON/,
  nothing: /names no release/,
};

test.each(Object.entries(FILES))('%s holds what is written today', async (name, make) => {
  expect(JSON.parse(JSON.stringify(await make()))).toEqual(read(name));
});

test('there are rows that pass, that warn and that fail, for each check', () => {
  for (const id of ['release', 'release-log', 'release-rollback'] as const) {
    expect(new Set(rows.map(({ expected }) => expected[id])), id).toEqual(
      new Set(id === 'release-log' ? ['passed', 'warned', 'failed'] : ['passed', 'failed', 'unknown']),
    );
  }
});

test.each(rows.map((row): [string, StatementRow] => [row.id, row]))('%s: each check says what it must', async (_, row) => {
  const report = new Report();
  await verifyRelease(
    new TextEncoder().encode(row.statement),
    {
      at: Date.parse(row.verify_at),
      claims: { tee: row.tee, registers: row.registers, details: {} },
      builtIn: [],
      named: row.log,
      isIdentityKnown: true,
      remembered: row.remembered,
      verifyEd25519,
    },
    report,
  );
  expect(Object.fromEntries(report.checks.map(({ id, status }) => [id, status]))).toEqual(row.expected);
  const reason = REASONS[row.id];
  if (reason) expect(report.checks.find(({ id }) => id === 'release-log')?.explain).toMatch(reason);
});
