// A hundred rounds of what e2e/kill.journey.ts does in twenty.
import { killRounds } from '../e2e/kill/rounds.ts';

type Measure = { name: string; value: number; unit: string };

const ROUNDS = 100;

export async function run(): Promise<Measure[]> {
  const seed = Date.now() & 0x7fffffff;
  const report = await killRounds(ROUNDS, seed);
  const wrong = [...report.lost, ...report.misfits, ...report.surprises, ...report.auditProblems];
  if (wrong.length) console.error(`kill -9, seed ${seed}:\n${wrong.join('\n')}`);
  return [
    { name: 'kill -9: rounds', value: report.rounds, unit: 'rounds' },
    { name: 'kill -9: acknowledged writes', value: report.acknowledged, unit: 'writes' },
    { name: 'kill -9: acknowledged writes lost', value: report.lost.length, unit: 'writes' },
    { name: 'kill -9: documents unread, unfound or changed', value: report.misfits.length, unit: 'documents' },
  ];
}
