/** Every bit of every signed part of every accepted vector, and every length of it: none may still be accepted. */
import { flipBit, type SignedPart, signedPartsOf } from '../packages/attestation/src/testing/signed-parts.ts';
import { verifyEvidence } from '../packages/attestation/src/verify.ts';
import { isAccepted, type Row } from './attestation-rows.ts';
import type { Target } from './target.ts';

export function alteredVectors(rows: readonly Row[]): Target[] {
  const seen = new Set<string>();
  return rows
    .filter((row) => row.isAccepted)
    .flatMap((row) =>
      signedPartsOf(row.evidence).flatMap((part): Target[] => {
        // Rows share certificates; one of them is enough to alter.
        const key = `${part.name} ${Buffer.from(part.bytes).toString('latin1')}`;
        if (seen.has(key)) return [];
        seen.add(key);
        return [flipped(row, part), shortened(row, part)];
      }),
    );
}

function flipped(row: Row, part: SignedPart): Target {
  return {
    name: `bits of ${row.id}, ${part.name}`,
    count: 8 * part.bytes.length,
    run: (bit) => refusal(row, part, flipBit(part.bytes, bit)),
  };
}

function shortened(row: Row, part: SignedPart): Target {
  return {
    name: `lengths of ${row.id}, ${part.name}`,
    count: part.bytes.length,
    run: (length) => refusal(row, part, part.bytes.slice(0, length)),
  };
}

async function refusal({ options }: Row, part: SignedPart, altered: Uint8Array): Promise<string | undefined> {
  const { verdict } = await verifyEvidence(part.put(altered), options);
  return isAccepted(verdict) ? `still ${verdict}` : undefined;
}
