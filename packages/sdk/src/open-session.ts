import {
  type EnvironmentVerdict,
  type Pins,
  RELEASE_LOGS,
  type Remembered,
  type VerifiedEnvironment,
  verifyEnvironment,
} from '@privexbot/attestation';
import {
  type Channel,
  ChannelError,
  connect,
  DEFAULT_PATH,
  type Exchange,
  type Peer,
  type Resumption,
  verifyEd25519,
} from '@privexbot/secure-channel';
import type { trustOf } from './anchors.ts';
import { toError } from './api-error.ts';
import { type DeviceKey, deviceProof } from './device.ts';
import { bundleOf, type EvidenceBundle } from './evidence-bundle.ts';
import { NotVerifiedError, verdictOf } from './not-verified.ts';
import type { PinStore } from './pins.ts';
import type { Transport } from './transport.ts';

/** An environment that passed the checks, and what it was asked. */
export interface CheckedEnvironment {
  readonly proof: VerifiedEnvironment;
  readonly verdict: EnvironmentVerdict;
}

export type EnclaveChannel = Channel<CheckedEnvironment>;
export type EnclaveResumption = Resumption<CheckedEnvironment>;

export interface SessionSettings {
  readonly origin: string;
  readonly trust: ReturnType<typeof trustOf>;
  readonly pins: Pins;
  readonly store: PinStore;
  readonly now: () => Date;
  readonly transport?: Transport;
  readonly streamUploads?: boolean;
  readonly device?: DeviceKey;
  /** Each check, passed or not, and what it looked at. */
  readonly onChecked: (verdict: EnvironmentVerdict, bundle: EvidenceBundle | undefined) => void;
}

/**
 * A handshake up to the point where requests may be sent: the environment passed the checks, and this device has proven its key.
 * @throws NotVerifiedError, and then nothing but the hello was sent; ChannelError; ApiError if the device key is refused
 */
export async function openSession(settings: SessionSettings, resume: EnclaveResumption | undefined): Promise<EnclaveChannel> {
  const { origin, store, now, device } = settings;
  let learned: Remembered | undefined;
  const verify = async (evidence: Uint8Array, reportData: Uint8Array, peer: Peer, exchange: Exchange): Promise<CheckedEnvironment> => {
    // Not before the answer is here: whoever holds it back gets no older memory for it.
    const remembered = await store.read(origin);
    const at = now();
    const found = await verifyEnvironment(
      { evidence, reportData, peer, origin },
      { at: at.getTime(), ...settings.trust, pins: settings.pins, logs: RELEASE_LOGS, verifyEd25519, ...(remembered && { remembered }) },
    );
    settings.onChecked(found.verdict, bundleOf(origin, at, exchange));
    if (!found.proof) throw new NotVerifiedError(found.verdict);
    learned = found.remember;
    return { proof: found.proof, verdict: found.verdict };
  };
  const channel = await handshake(settings, verify, resume);
  try {
    if (learned) await store.write(origin, learned);
    if (device) await proveDevice(channel, device);
    return channel;
  } catch (error) {
    channel.close();
    throw error;
  }
}

async function handshake(
  settings: SessionSettings,
  verify: (evidence: Uint8Array, reportData: Uint8Array, peer: Peer, exchange: Exchange) => Promise<CheckedEnvironment>,
  resume: EnclaveResumption | undefined,
): Promise<EnclaveChannel> {
  const { origin, now, transport, streamUploads = false } = settings;
  try {
    const carrying = transport ? { transport } : {};
    return await connect({ url: origin + DEFAULT_PATH, origin, verify, now, streamUploads, ...carrying, ...(resume && { resume }) });
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    if (error.code === 'evidence_refused') throw error.cause;
    const verdict = verdictOf(error, now());
    if (!verdict) throw error;
    settings.onChecked(verdict, undefined);
    throw new NotVerifiedError(verdict, error);
  }
}

async function proveDevice(channel: EnclaveChannel, device: DeviceKey): Promise<void> {
  const response = await channel.fetch(await deviceProof(device, (label, length) => channel.export(label, length)));
  if (!response.ok) throw await toError(response);
  await response.body?.cancel();
}
