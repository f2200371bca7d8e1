import { type TrustAnchor, vendorAnchors } from '@privexbot/attestation';
import { simulationAnchors } from './development.ts';

/**
 * Put in by the build: the PEM of this checkout's development root in a development build, `null` in a production build.
 * It does not exist where the sources run as they are, in Node.
 */
declare const __PRIVEXBOT_SIMULATION_ROOTS__: string | null;

interface Trust {
  readonly anchors: readonly TrustAnchor[];
  readonly allowSimulated: boolean;
}

/** Which roots evidence may end at. A production build knows those of the vendors, and nothing that it is given adds to them. */
export function trustOf(wished: Partial<Trust>): Trust {
  if (typeof __PRIVEXBOT_SIMULATION_ROOTS__ === 'object') return { anchors: vendorAnchors(), allowSimulated: false };
  const built = typeof __PRIVEXBOT_SIMULATION_ROOTS__ === 'string' ? simulationAnchors(__PRIVEXBOT_SIMULATION_ROOTS__) : undefined;
  return {
    anchors: wished.anchors ?? [...vendorAnchors(), ...(built ?? [])],
    allowSimulated: wished.allowSimulated ?? built !== undefined,
  };
}
