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

/** When the first of these ends; undefined where there are none. */
export function firstEnd(certificates: readonly string[]): Date | undefined {
  const ends = certificates.flatMap((pem) => readCertificate(pem)?.validToDate.getTime() ?? []);
  return ends.length ? new Date(Math.min(...ends)) : undefined;
}
