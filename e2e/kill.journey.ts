import { expect, test } from 'vitest';
import { killRounds } from './kill/rounds.ts';

const ROUNDS = 20;
const SEED = 1;

test('kill -9 of the server, of PostgreSQL, of a worker and of all at once loses nothing that was acknowledged', {
  timeout: 600_000,
}, async () => {
  const report = await killRounds(ROUNDS, SEED);
  console.log(`seed ${SEED}:`, report);
  expect(report).toMatchObject({ lost: [], misfits: [], surprises: [], auditProblems: [] });
  for (const hits of Object.values(report.killed)) expect(hits).toBe(report.rounds / 4);
  // How much was written depends on the machine; that something was, of each kind, in most rounds, must not.
  expect(report.acknowledged).toBeGreaterThan(report.rounds * 3);
  expect(report.documents).toBeGreaterThan(report.rounds / 4);
});
