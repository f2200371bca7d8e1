import { equalBytes, ParseError, toHex } from '../bytes.ts';
import { listOf } from '../canonical-json.ts';
import type { Report } from '../checks.ts';
import { replayRegister } from '../event-log/replay.ts';
import { type Claims, isMeasurement, type Measurement } from '../policy.ts';
import { decodeLaunchManifest, type LaunchManifest, launchManifestDigest, MAX_MODELS, type Model, readModel } from './launch-manifest.ts';

export interface Launch {
  /** The manifest's JSON, byte for byte, as it came with the evidence. */
  readonly bytes: Uint8Array;
  /** The digest that the answer named, and the evidence bound. */
  readonly digest: Uint8Array;
  /** Measurements that the release and the client's policy allow. */
  readonly pinned: readonly Measurement[];
}

export interface LaunchResult {
  readonly manifest: LaunchManifest;
  readonly isMeasured: boolean;
}

/** Check `launch-manifest`: the manifest is the one that the answer names, and the one in the measured register. */
export async function checkLaunch(
  { bytes, digest, pinned }: Launch,
  claims: Claims | undefined,
  report: Report,
): Promise<LaunchResult | undefined> {
  let manifest: LaunchManifest;
  try {
    manifest = decodeLaunchManifest(bytes);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('launch-manifest', 'failed', { explain: error.message });
    return undefined;
  }
  const actual = await launchManifestDigest(bytes);
  if (!equalBytes(actual, digest)) {
    const explain = 'The list of settings is not the one that was named when the connection was made.';
    report.add('launch-manifest', 'failed', { expected: toHex(digest), actual: toHex(actual), explain });
    return { manifest, isMeasured: false };
  }
  if (!claims) {
    report.add('launch-manifest', 'unknown', { explain: 'Without measurements nothing says how it was started.' });
    return { manifest, isMeasured: false };
  }
  const { isBound, expected, explain } = await bindingOf(bytes, actual, claims, pinned);
  report.add('launch-manifest', isBound ? 'passed' : 'failed', {
    ...(isBound ? {} : { expected, actual: registersOf(claims) }),
    ...(explain === undefined ? {} : { explain }),
  });
  return { manifest, isMeasured: isBound };
}

interface Binding {
  readonly isBound: boolean;
  readonly expected: string;
  readonly explain?: string;
}

const CHANGED = 'It was started with other settings than those that it shows: options of Node, models, addresses, mail or keys.';

/** Where each kind of machine measures the manifest. */
async function bindingOf(bytes: Uint8Array, digest: Uint8Array, claims: Claims, pinned: readonly Measurement[]): Promise<Binding> {
  const { tee, registers } = claims;
  const held = (wanted: Measurement): Binding => {
    const isBound = Object.entries(wanted).some(([name, value]) => registers[name] === value);
    const expected = Object.entries(wanted).map(([name, value]) => `${name} ${value}`);
    return { isBound, expected: expected.join(' or '), ...(isBound ? {} : { explain: CHANGED }) };
  };
  switch (tee) {
    case 'tdx': {
      // dstack and SecretVM: the compose file holds the settings, and the guest measured that file. Somebody must have pinned it.
      const { compose_hash } = registers;
      if (compose_hash !== undefined) {
        const isBound = pinned.some((measurement) => 'compose_hash' in measurement && isMeasurement(measurement, claims));
        return { isBound, expected: 'a pinned compose_hash', explain: isBound ? IN_COMPOSE : 'Nobody vouches for its compose file.' };
      }
      return held({ rtmr3: toHex(await replayRegister([digest])), mr_config_id: toHex(digest) });
    }
    case 'sev-snp':
      return held({ host_data: toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))) });
    case 'nitro':
      return held({ pcr16: toHex(await replayRegister([digest])) });
    case 'sgx':
      return { isBound: true, expected: '', explain: 'The measured code itself states its settings; SGX has no register for them.' };
  }
}

const IN_COMPOSE = 'The settings stand in the compose file, which was measured.';

function registersOf({ registers }: Claims): string {
  const names = ['rtmr3', 'mr_config_id', 'compose_hash', 'host_data', 'pcr16'];
  return names.flatMap((name) => (registers[name] === undefined ? [] : [`${name} ${registers[name]}`])).join(', ') || 'none of them';
}

/**
 * Check `model`: the models of the manifest, and those that an Admin added later, which the measured code itself states in the key
 * configuration that the evidence binds.
 */
export function checkModels(launch: LaunchResult | undefined, added: unknown, report: Report): readonly Model[] {
  try {
    const later = added === undefined ? [] : listOf({ models: added }, 'models', MAX_MODELS, readModel);
    const models = [...(launch?.manifest.models ?? []), ...later];
    const swapped = models.find(({ name, sha256 }) => models.some((other) => other.name === name && other.sha256 !== sha256));
    if (!launch?.isMeasured) report.add('model', 'unknown', { explain: 'The list of models was not measured.' });
    else if (swapped) report.add('model', 'failed', { actual: swapped.name, explain: 'Two models go by one name.' });
    else report.add('model', 'passed', models.length === 0 ? { explain: 'No model runs inside.' } : {});
    return models.filter(({ name }, index) => models.findIndex((other) => other.name === name) === index);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add('model', 'failed', { explain: error.message });
    return [];
  }
}
