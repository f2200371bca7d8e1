// Three short documents of three formats, as a company has them.
import { writePdf } from '@privexbot/enclave/features/knowledge/reading/testing/pdf-writer.ts';

export interface HandbookFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LEAVE = `# Leave

## Annual leave

Every employee earns thirty days of annual leave in a year. Days that are not taken by the end of March are lost.

## Sick leave

Call the front desk before nine in the morning on the first day of an illness.
`;

const TRAVEL = `# Travel

Train tickets are booked by the travel desk. Taxis are paid back when no bus goes.

## Meals

On a journey of more than eight hours a lunch of up to twenty euros is paid back.
`;

const SECURITY = [
  'Visitors sign in at the front desk and wear a badge.',
  'The server room opens with the blue key card only.',
  'Report a lost badge to security within one hour.',
];

export function threeDocuments(): HandbookFile[] {
  return [
    { name: 'leave.md', bytes: new TextEncoder().encode(LEAVE) },
    { name: 'travel.txt', bytes: new TextEncoder().encode(TRAVEL) },
    { name: 'security.pdf', bytes: Buffer.concat([...writePdf(1, () => SECURITY)]) },
  ];
}
