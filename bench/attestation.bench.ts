import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyEvidence } from '@privexbot/attestation';
import { readVector, type VectorRow } from '@privexbot/attestation/vectors';
import type { Row } from './measure.ts';

/** Real machines' evidence where it is at hand, else that of made-up ones, whose AMD keys are shorter. */
const FOLDER = ['../shared/attestation-vectors', 'vectors/attestation'].find((folder) => existsSync(join(folder, 'index.json'))) ?? '';
const ROUNDS = 300;
const KINDS = { TDX: 'tdx', 'SEV-SNP': 'sev-snp', Nitro: 'nitro' } as const;

/** A whole verification in this process: parse, chain, revocation, collateral, signatures, policy. */
export async function run(): Promise<Row[]> {
  const { vectors } = JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as { vectors: VectorRow[] };
  const rows: Row[] = [];
  for (const [name, tee] of Object.entries(KINDS)) {
    const row = vectors.find((vector) => vector.tee === tee && vector.expected.verdict === 'accept');
    if (!row) throw new Error(`${FOLDER} has no accepted row of ${name}`);
    rows.push(...(await measure(name, row)));
  }
  return rows;
}

async function measure(name: string, row: VectorRow): Promise<Row[]> {
  const { evidence, options } = await readVector(row, (file) => readFile(join(FOLDER, row.id, file)).catch(() => undefined));
  const once = async () => {
    const { verdict } = await verifyEvidence(evidence, options);
    if (verdict !== 'verified') throw new Error(`${row.id} was not accepted`);
  };
  for (let n = 0; n < 20; n++) await once();
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (let n = 0; n < ROUNDS; n++) {
    const started = performance.now();
    await once();
    times.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return [
    { name: `verify evidence, ${name}, p50`, value: times[ROUNDS / 2] ?? 0, unit: 'ms' },
    { name: `verify evidence, ${name}, processor`, value: (user + system) / 1_000 / ROUNDS, unit: 'CPU-ms' },
  ];
}
