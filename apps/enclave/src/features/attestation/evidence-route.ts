import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { networkOf } from '../../http/limits.ts';
import { addressOf, type Env } from '../../http/mount.ts';
import type { AttestedEnvironment } from './environment.ts';

const LABEL = 'privexbot-evidence-1';
const NONCE_BYTES = 32;

/**
 * `GET /.well-known/privexbot/evidence?nonce=BASE64URL`: evidence for a nonce of the caller's, with the vendor's collateral. It binds the nonce, so it is
 * fresh, but no connection: whoever answers may have asked the real enclave for it. What opens a channel is the handshake, under another label.
 */
export function mountEvidence(app: Hono<Env>, { limiter }: Pick<Context, 'limiter'>, environment: AttestedEnvironment): void {
  app.get('/.well-known/privexbot/evidence', async (c) => {
    limiter.take('handshake', networkOf(addressOf(c.env)));
    const nonce = readNonce(c.req.query('nonce'));
    const { identityKey, keyConfig, keyConfigSignature, release, launchManifest } = environment.current();
    const reportData = evidenceReportData(nonce, [identityKey, keyConfig, release, launchManifest]);
    const evidence = await environment.evidence(reportData, nonce);
    const members = { nonce, identityKey, keyConfig, keyConfigSignature, release, launchManifest, reportData, evidence };
    const body = Object.fromEntries(Object.entries(members).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64url')]));
    return c.json({ v: 1, ...body }, 200, { 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
  });
}

function readNonce(text: string | undefined): Uint8Array {
  const nonce = new Uint8Array(Buffer.from(text ?? '', 'base64url'));
  if (nonce.length !== NONCE_BYTES || Buffer.from(nonce).toString('base64url') !== text)
    throw new AppError('bad_request', { problem: 'nonce: 32 random bytes in base64url without padding' });
  return nonce;
}

/** What evidence for a bare nonce binds: SHA-512 over the label, the nonce and what the environment states, each with its length in front. */
export function evidenceReportData(nonce: Uint8Array, stated: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512');
  for (const part of [Buffer.from(LABEL), nonce, ...stated]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return new Uint8Array(hash.digest());
}
