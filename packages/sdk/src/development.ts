// What only development needs: no production build holds it, and no published package exports it.
import { anchorsFromPem, type TrustAnchor } from '@privexbot/attestation';

/** The roots of a checkout's simulated machines, from `.simulation/root.pem`: what ends at one is `simulated` at best. */
export function simulationAnchors(pem: string): readonly TrustAnchor[] {
  return anchorsFromPem(pem, { isSimulation: true });
}
