import { createHash, sign } from 'node:crypto';
import { encodeEvidence, launchManifestDigest } from '@privexbot/attestation';
import { type Environment, encodeKeyConfig, keyConfigToSign } from '@privexbot/secure-channel/server';
import { isLoopback, listeningUrl } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Release } from './release.ts';

type Ports = Pick<Context, 'config' | 'keyring' | 'tee' | 'launchManifest' | 'now'>;

/** Whose enclave this is, and the evidence for it. */
export interface AttestedEnvironment {
  /** What every answer of the channel states; the same object until something changes. */
  current(): Environment;
  /** The evidence document for 64 bytes that it shall bind. */
  evidence(reportData: Uint8Array, nonce?: Uint8Array): Promise<Uint8Array>;
  /** The server's own address counts among the origins where no public one is set. */
  listensAt(port: number): void;
}

/** How long a signed key configuration may be shown; a new one is signed well before. */
const KEY_CONFIG_MS = 60 * 60 * 1000;
const RENEW_MS = 50 * 60 * 1000;

/** @param modelFiles SHA-256 of the model files in use now */
export async function openEnvironment(ports: Ports, release: Release, modelFiles: () => readonly string[]): Promise<AttestedEnvironment> {
  const { config, keyring, tee, launchManifest, now } = ports;
  const identityKey = keyring.publicKey('identity');
  const manifestDigest = await launchManifestDigest(launchManifest);
  let port = config.port;
  let shown: { readonly environment: Environment; readonly of: string; readonly signedAt: number } | undefined;

  function state(): Environment {
    const at = now().getTime();
    const generation = `${keyring.epoch} ${tee.collateralVersion} ${release.current().version}`;
    const of = [generation, port, ...modelFiles()].join(' ');
    if (shown?.of !== of || at - shown.signedAt > RENEW_MS || at < shown.signedAt)
      shown = { environment: signed(at, generation), of, signedAt: at };
    return shown.environment;
  }

  function signed(at: number, generation: string): Environment {
    const { statement, log } = release.current();
    const keyConfig = encodeKeyConfig({
      v: 1,
      environment: environmentId(identityKey),
      origins: originsOf(config, port),
      epoch: keyring.epoch,
      notAfter: Math.floor((at + KEY_CONFIG_MS) / 1000),
      models: modelFiles().map((sha256) => ({ name: `gguf-${sha256.slice(0, 8)}`, sha256 })),
      ...(log ? { releaseLog: log } : {}),
    });
    return {
      identityKey,
      keyConfig,
      keyConfigSignature: new Uint8Array(sign(null, keyConfigToSign(keyConfig), keyring.signingKey('identity'))),
      release: statement,
      launchManifest: manifestDigest,
      generation,
    };
  }

  return {
    current: state,
    evidence: async (reportData, nonce) => encodeEvidence({ evidence: await tee.attest(reportData, nonce), launchManifest }),
    listensAt(actual) {
      port = actual;
    },
  };
}

/** Names the environment by its identity key. */
export function environmentId(identityKey: Uint8Array): string {
  return `env_${createHash('sha256').update(identityKey).digest('hex').slice(0, 32)}`;
}

/** The addresses this environment speaks for: the public one, and on a loopback address the machine's own names. */
export function originsOf({ publicUrl, host }: Pick<Context['config'], 'publicUrl' | 'host'>, port: number): string[] {
  const own = isLoopback(host) ? ['127.0.0.1', 'localhost', '::1'].map((name) => originOf(listeningUrl({ host: name }, port))) : [];
  const listening = own.length > 0 || publicUrl ? own : [originOf(listeningUrl({ host }, port))];
  return [...new Set([...(publicUrl ? [originOf(publicUrl)] : []), ...listening])];
}

/** Without the port where it is the scheme's own, as browsers name it. */
function originOf(url: string): string {
  return new URL(url).origin;
}
