import { X509Certificate } from 'node:crypto';

/** A certificate in PEM, or in bare base64 as consoles of providers show it; undefined where the text is none. */
export function readCertificate(text: string): X509Certificate | undefined {
  const compact = text.replace(/-----(BEGIN|END) CERTIFICATE-----/g, '').replace(/\s/g, '');
  try {
    return new X509Certificate(Buffer.from(compact, 'base64'));
  } catch {
    return undefined;
  }
}

/**
 * When the first of these ends that is still good, or the last one did where none is; undefined where there are none. One that ended
 * beside a good one is left from a change of certificates, and nobody needs it.
 */
export function firstEnd(certificates: readonly string[], now: Date): Date | undefined {
  const ends = certificates.flatMap((pem) => readCertificate(pem)?.validToDate.getTime() ?? []);
  const left = ends.filter((end) => end > now.getTime());
  return ends.length ? new Date(left.length ? Math.min(...left) : Math.max(...ends)) : undefined;
}

/** SHA-256, as consoles show it but for the colons. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}
