import { type EnvironmentVerdict, type Pins, RELEASE_LOGS, type TrustAnchor, verifyEnvironment } from '@privexbot/attestation';
import { ChannelError, type Exchange, fromBase64url, repeatHandshake, toBase64url, verifyEd25519 } from '@privexbot/secure-channel';
import { trustOf } from './anchors.ts';
import { verdictOf } from './not-verified.ts';

/** Everything that a check looked at, as JSON: whoever has it can repeat the check without the network. It holds no secret. */
export interface EvidenceBundle {
  readonly v: 1;
  readonly kind: 'privexbot-evidence';
  readonly origin: string;
  /** When it was checked, ISO 8601. */
  readonly checkedAt: string;
  /** The two messages of the handshake, base64url: docs/secure-channel.md §3. */
  readonly hello: string;
  readonly answer: string;
}

export interface VerifyBundleOptions {
  /** When to look: by default at the bundle's own time. */
  readonly at?: Date;
  readonly pins?: Pins;
  /** Development only: a production build knows the vendors' roots and takes no others. */
  readonly anchors?: readonly TrustAnchor[];
  readonly allowSimulated?: boolean;
}

/** The file is no evidence bundle, or it is damaged. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

export function bundleOf(origin: string, at: Date, { hello, answer }: Exchange): EvidenceBundle {
  const messages = { hello: toBase64url(hello), answer: toBase64url(answer) };
  return { v: 1, kind: 'privexbot-evidence', origin, checkedAt: at.toISOString(), ...messages };
}

/**
 * Repeats a check from its bundle, without the network. It says what was true of the environment then, not that a connection now ends there.
 * @throws BundleError for anything that is no bundle
 */
export async function verifyBundle(value: unknown, options: VerifyBundleOptions = {}): Promise<EnvironmentVerdict> {
  const bundle = readBundle(value);
  const at = options.at ?? new Date(bundle.checkedAt);
  try {
    const { origin, evidence, reportData, peer } = await repeatHandshake(messagesOf(bundle), at);
    if (origin !== bundle.origin) throw new BundleError('The bundle names another address than the handshake in it.');
    const { verdict } = await verifyEnvironment(
      { evidence, reportData, peer, origin },
      { at: at.getTime(), ...trustOf(options), pins: options.pins ?? {}, logs: RELEASE_LOGS, verifyEd25519 },
    );
    return verdict;
  } catch (error) {
    const verdict = error instanceof ChannelError ? verdictOf(error, at) : undefined;
    if (verdict) return verdict;
    throw error instanceof ChannelError ? new BundleError('The handshake in the bundle is damaged.', { cause: error }) : error;
  }
}

function messagesOf({ hello, answer }: EvidenceBundle): Exchange {
  return { hello: fromBase64url(hello), answer: fromBase64url(answer) };
}

function readBundle(value: unknown): EvidenceBundle {
  const bundle = typeof value === 'object' && value !== null ? (value as Partial<Record<keyof EvidenceBundle, unknown>>) : {};
  const { v, kind, origin, checkedAt, hello, answer } = bundle;
  if (v !== 1 || kind !== 'privexbot-evidence') throw new BundleError('This is not evidence that PrivexBot saved.');
  if (typeof origin !== 'string' || typeof hello !== 'string' || typeof answer !== 'string' || typeof checkedAt !== 'string')
    throw new BundleError('The evidence lacks a part.');
  if (Number.isNaN(Date.parse(checkedAt))) throw new BundleError('The evidence does not say when it was checked.');
  return { v, kind, origin, checkedAt, hello, answer };
}
