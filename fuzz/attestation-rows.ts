import { existsSync, readFileSync } from 'node:fs';
import { type ReadFile, readVector, type VectorRow } from '../packages/attestation/src/vectors/run-vector.ts';
import { type Evidence, type Verification, type VerifyOptions, verifyEvidence } from '../packages/attestation/src/verify.ts';
import { rememberSignatures } from './remembered-signatures.ts';

export interface Row {
  readonly id: string;
  readonly evidence: Evidence;
  readonly options: VerifyOptions;
  readonly isAccepted: boolean;
}

const FOLDERS = ['../vectors/attestation/', '../../shared/attestation-vectors/'];

/** All rows of the folders that are there, each verified once as it is. */
export async function readRows(): Promise<Row[]> {
  const rows: Row[] = [];
  const read = new Set<string>();
  for (const folder of FOLDERS.map((path) => new URL(path, import.meta.url))) {
    const index = new URL('index.json', folder);
    if (!existsSync(index)) continue;
    const { vectors }: { vectors: VectorRow[] } = JSON.parse(readFileSync(index, 'utf8'));
    for (const row of vectors.filter(({ id }) => !read.has(id))) {
      read.add(row.id);
      const { evidence, options } = await readVector(row, readerOf(folder, row));
      await rememberSignatures(async () => {
        const { verdict } = await verifyEvidence(evidence, options);
        rows.push({ id: row.id, evidence, options, isAccepted: isAccepted(verdict) });
      });
    }
  }
  if (!rows.some((row) => row.isAccepted)) throw new Error('There are no accepted vectors to alter.');
  return rows;
}

export function isAccepted(verdict: Verification['verdict']): boolean {
  return verdict !== 'not-verified';
}

function readerOf(folder: URL, row: VectorRow): ReadFile {
  return async (name) => {
    const file = new URL(`${row.id}/${name}`, folder);
    return existsSync(file) ? Uint8Array.from(readFileSync(file)) : undefined;
  };
}
