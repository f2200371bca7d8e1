import { alteredChannel } from './altered-channel.ts';
import { alteredVectors } from './altered-vectors.ts';
import { readRows } from './attestation-rows.ts';
import { hostileBundles } from './hostile-bundles.ts';
import { hostileChannel } from './hostile-channel.ts';
import { hostileEnvironments } from './hostile-environment.ts';
import { hostileEvidence } from './hostile-evidence.ts';
import { hostileFormats } from './hostile-formats.ts';
import { hostileWallets } from './hostile-wallets.ts';
import type { Target } from './target.ts';

/** Those with an end first. The order and names are the same in every worker. */
export async function allTargets(): Promise<Target[]> {
  const rows = await readRows();
  const targets = [
    ...alteredVectors(rows),
    ...(await alteredChannel()),
    ...(await hostileEvidence(rows)),
    ...(await hostileFormats(rows)),
    ...(await hostileEnvironments()),
    ...(await hostileBundles()),
    ...(await hostileChannel()),
    ...hostileWallets(),
  ];
  return targets.toSorted((a, b) => Number(a.count === undefined) - Number(b.count === undefined));
}
