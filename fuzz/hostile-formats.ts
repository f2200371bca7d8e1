/** The readers by themselves: they either read or throw a ParseError; and statements that a made-up vendor signed, so that what is behind the signature is reached. */
import { anchorsFromPem } from '../packages/attestation/src/anchors.ts';
import { ParseError, toHex } from '../packages/attestation/src/bytes.ts';
import { parseCrl } from '../packages/attestation/src/crl.ts';
import { readDer } from '../packages/attestation/src/der.ts';
import { runtimeDigest } from '../packages/attestation/src/event-log/dstack.ts';
import { replayRegister } from '../packages/attestation/src/event-log/replay.ts';
import { type EventLogEvidence, verifyEvidence } from '../packages/attestation/src/index.ts';
import { decodeStrictCbor } from '../packages/attestation/src/nitro/cbor.ts';
import { parseNitroDocument } from '../packages/attestation/src/nitro/document.ts';
import { signRaw, toPem } from '../packages/attestation/src/simulation/authority.ts';
import { createDcapMachine, writeCollateral, writeQuote } from '../packages/attestation/src/simulation/dcap.ts';
import { createNitroMachine, writeNitroDocument } from '../packages/attestation/src/simulation/nitro.ts';
import { signedPartsOf } from '../packages/attestation/src/testing/signed-parts.ts';
import { readVectorPolicy } from '../packages/attestation/src/vectors/vector-policy.ts';
import { parseCertificate, parsePem } from '../packages/attestation/src/x509.ts';
import { isAccepted, type Row } from './attestation-rows.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateCbor } from './mutate-cbor.ts';
import { mutateDer } from './mutate-der.ts';
import { mutateJson, mutatePem } from './mutate-text.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

const AT = new Date('2026-03-01T12:00:00Z');

export async function hostileFormats(rows: readonly Row[]): Promise<Target[]> {
  const parts = rows.flatMap(({ evidence }) => {
    try {
      return signedPartsOf(evidence);
    } catch {
      return []; // a row that is cut
    }
  });
  const named = (pattern: RegExp) => parts.filter(({ name }) => pattern.test(name)).map(({ bytes }) => bytes);
  const certificates = named(/^(certificate|issuer|.*chain)/);
  const lists = named(/crl$/);
  const documents = named(/^document$/);
  const pem = certificates.slice(0, 6).map((der) => toPem(der));
  return [
    reader('DER', (random) => mutateDer(random.pick([...certificates, ...lists]), random, certificates), readDer),
    reader('certificates', (random) => mutateDer(random.pick(certificates), random, certificates), parseCertificate),
    reader('revocation lists', (random) => mutateDer(random.pick(lists), random, [...lists, ...certificates]), parseCrl),
    reader('PEM', (random) => mutatePem(random.pick(pem) + random.pick(pem), random, pem), parsePem),
    reader(
      'CBOR',
      (random) => mutateCbor(random.pick(documents), random, documents),
      (bytes) => decodeStrictCbor(bytes, { openMap: true }),
    ),
    reader('Nitro documents', (random) => mutateCbor(random.pick(documents), random, documents), parseNitroDocument),
    reader(
      'policies of vectors',
      (random) => mutateJson(POLICY, random),
      (text) => readVectorPolicy('tdx', JSON.parse(text)),
      SyntaxError,
    ),
    await signedCollateral(),
    await signedNitro(),
    ...(await eventLogs()),
  ];
}

const POLICY = JSON.stringify({
  policy: { expected_mrtd_hex: '00'.repeat(48), expected_mrseam_allowlist: ['11'.repeat(48)], enforce_spec_defaults: true },
});

function reader<T>(
  name: string,
  make: (random: Random) => T,
  read: (input: T) => unknown,
  ...allowed: readonly (new () => Error)[]
): Target {
  return {
    name: `reader of ${name}`,
    async run(_, random) {
      const input = make(random);
      try {
        read(input);
      } catch (error) {
        if (!(error instanceof ParseError) && !allowed.some((type) => error instanceof type)) throw error;
      }
      return undefined;
    },
  };
}

/** Signed by the made-up vendor, whatever it says: only the machine's own registers may come out. */
async function signedCollateral(): Promise<Target> {
  const machine = await createDcapMachine(AT);
  const options = { at: AT.getTime(), anchors: anchorsFromPem(toPem(machine.root)) };
  const quote = await writeQuote(machine);
  const genuine = await writeCollateral(machine);
  return {
    name: 'signed statements of a vendor',
    async run(_, random) {
      const name = random.pick(['tcb_info', 'qe_identity'] as const);
      const text = mutateJson(genuine[name] ?? '', random);
      const signature = toHex(await signRaw(machine.tcbSigner, new TextEncoder().encode(text)));
      await verifyEvidence({ tee: 'tdx', quote, collateral: { ...genuine, [name]: text, [`${name}_signature`]: signature } }, options);
      return undefined;
    },
  };
}

async function signedNitro(): Promise<Target> {
  const machine = await createNitroMachine(AT);
  const options = { at: AT.getTime(), anchors: anchorsFromPem(toPem(machine.root)) };
  const NAMES = ['module_id', 'digest', 'timestamp', 'pcrs', 'certificate', 'cabundle', 'public_key', 'user_data', 'nonce', 'more'];
  return {
    name: 'signed documents of a hypervisor',
    async run(_, random) {
      const odd = [
        ...[
          null,
          0,
          -1,
          2 ** 32,
          Number.MAX_SAFE_INTEGER,
          '',
          'SHA384',
          'x'.repeat(1025),
          new Uint8Array(),
          new Uint8Array(48),
          random.bytes(random.below(1030)),
        ],
        ...[
          [],
          [[]],
          [machine.root, machine.root],
          [machine.intermediate],
          new Map(),
          new Map([[0, new Uint8Array(48)]]),
          new Map([[31, random.bytes(32)]]),
        ],
        ...[mutateDer(machine.root, random), [machine.root, mutateDer(machine.intermediate, random)]],
      ];
      const fields = Object.fromEntries(Array.from({ length: 1 + random.below(3) }, () => [random.pick(NAMES), random.pick(odd)]));
      const document = await writeNitroDocument(machine, { at: AT, fields });
      await verifyEvidence({ tee: 'nitro', document: random.oneIn(2) ? document : mutateBytes(document, random) }, options);
      return undefined;
    },
  };
}

/** Logs beside a quote whose registers they fill: another log never passes for another compose file. */
async function eventLogs(): Promise<Target[]> {
  const machine = await createDcapMachine(AT);
  const options = { at: AT.getTime(), anchors: anchorsFromPem(toPem(machine.root)) };
  const collateral = await writeCollateral(machine);
  const sha = async (bytes: Uint8Array<ArrayBuffer>, name = 'SHA-384') => new Uint8Array(await crypto.subtle.digest(name, bytes));
  const nothing = new Uint8Array(48);
  const separator = Uint8Array.of(0, 0, 0, 0);
  const appCompose = '{"docker_compose_file":"services: {}"}';
  const composeHash = await sha(new TextEncoder().encode(appCompose), 'SHA-256');
  const events: readonly (readonly [string, Uint8Array])[] = [
    ['app-id', new Uint8Array(20)],
    ['compose-hash', composeHash],
    ['system-ready', new Uint8Array()],
  ];
  const runtime = await Promise.all(events.map(([name, payload]) => runtimeDigest(name, payload)));
  const dstack = JSON.stringify(
    events.map(([event, payload], at) => ({
      imr: 3,
      event_type: 0x08000001,
      digest: toHex(runtime[at] ?? nothing),
      event,
      event_payload: toHex(payload),
    })),
  );
  const rootfs = new Uint8Array(32).fill(4);
  const logs: {
    evidence: EventLogEvidence;
    rtmrs: [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    mutate: (random: Random) => EventLogEvidence;
  }[] = [
    {
      evidence: { kind: 'tcg', log: tcgLog(await sha(separator), separator) },
      rtmrs: [await replayRegister([await sha(separator)]), nothing, nothing, nothing],
      mutate: (random) => ({ kind: 'tcg', log: mutateBytes(tcgLog(random.bytes(48), random.bytes(random.below(40))), random) }),
    },
    {
      evidence: { kind: 'dstack', log: dstack, appCompose },
      rtmrs: [nothing, nothing, nothing, await replayRegister(runtime)],
      mutate: (random) => ({
        kind: 'dstack',
        log: mutateJson(dstack, random),
        appCompose: random.oneIn(2) ? appCompose : mutateJson(appCompose, random),
      }),
    },
    {
      evidence: { kind: 'secretvm', compose: new TextEncoder().encode(appCompose), rootfs },
      rtmrs: [nothing, nothing, nothing, await replayRegister([composeHash, rootfs])],
      mutate: (random) => ({
        kind: 'secretvm',
        compose: mutateBytes(new TextEncoder().encode(appCompose), random),
        rootfs: random.oneIn(2) ? rootfs : mutateBytes(rootfs, random),
      }),
    },
  ];
  return Promise.all(
    logs.map(async ({ evidence, rtmrs, mutate }): Promise<Target> => {
      const quote = await writeQuote(machine, { rtmrs });
      const verify = (eventLog: EventLogEvidence) => verifyEvidence({ tee: 'tdx', quote, collateral, eventLog }, options);
      const genuine = await verify(evidence);
      if (!isAccepted(genuine.verdict)) throw new Error(`The ${evidence.kind} log is refused as it is.`);
      const stated = (claims: typeof genuine.claims) => claims?.registers.compose_hash;
      return {
        name: `event logs of ${evidence.kind}`,
        async run(_, random) {
          const { verdict, claims } = await verify(mutate(random));
          return isAccepted(verdict) && stated(claims) !== stated(genuine.claims)
            ? `accepted with compose file ${stated(claims)}`
            : undefined;
        },
      };
    }),
  );
}

/** One event in RTMR0 behind the header, TCG PC Client Platform Firmware Profile §10. */
function tcgLog(digest: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const u32 = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
  const header = [...new TextEncoder().encode('Spec ID Event03\0'), ...u32(0), 0, 2, 0, 2, ...u32(1), 0x0c, 0, 48, 0, 0];
  const first = [...u32(1), ...u32(3), ...new Uint8Array(20), ...u32(header.length), ...header];
  return Uint8Array.from([...first, ...u32(1), ...u32(4), ...u32(1), 0x0c, 0, ...digest, ...u32(data.length), ...data]);
}
