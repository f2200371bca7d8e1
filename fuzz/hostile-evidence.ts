/** Evidence that was changed with knowledge of its structure, taken apart and put together from several rows. */
import { toHex } from '../packages/attestation/src/bytes.ts';
import { type SignedPart, signedPartsOf } from '../packages/attestation/src/testing/signed-parts.ts';
import { type Evidence, type Verification, type VerifyOptions, verifyEvidence } from '../packages/attestation/src/verify.ts';
import { isAccepted, type Row } from './attestation-rows.ts';
import { EDGES, mutateBytes } from './mutate-bytes.ts';
import { mutateCbor } from './mutate-cbor.ts';
import { mutateDer } from './mutate-der.ts';
import { mutateJson, mutatePem, mutateText } from './mutate-text.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

export async function hostileEvidence(rows: readonly Row[]): Promise<Target[]> {
  const genuine = new Set<string>();
  for (const { evidence, options } of rows) {
    const { policy: _, expectedReportData: __, ...unpinned } = options;
    const verification = await verifyEvidence(evidence, { ...unpinned, policy: { sevSnp: { isCrlRequired: false } } });
    if (isAccepted(verification.verdict)) genuine.add(statedIn(verification));
  }
  const tees = new Set(rows.map(({ evidence }) => evidence.tee));
  return [...tees].map((tee): Target => {
    const ofTee = rows.filter(({ evidence }) => evidence.tee === tee);
    const bases = ofTee.filter((row) => row.isAccepted);
    const samples = samplesOf(ofTee);
    return {
      name: `hostile evidence of ${tee}`,
      async run(_, random) {
        const base = random.pick(random.oneIn(8) ? ofTee : bases);
        const evidence = mutated(base.evidence, samples, random);
        const options = random.oneIn(10) ? { ...base.options, expectedReportData: random.bytes(64) } : base.options;
        return judged(await verifyEvidence(evidence, options), options, genuine);
      },
    };
  });
}

/** Whatever was changed: what is accepted states only what a row stated as it was, and what a new nonce asked for is never there. */
function judged(verification: Verification, { expectedReportData }: VerifyOptions, genuine: ReadonlySet<string>): string | undefined {
  const { verdict, claims } = verification;
  if (!isAccepted(verdict)) return verification.checks.length > 0 ? undefined : 'refused without a check that says why';
  if (expectedReportData && claims?.reportData !== toHex(expectedReportData)) return 'accepted for a nonce that it does not bind';
  return genuine.has(statedIn(verification)) ? undefined : `accepted with other claims: ${statedIn(verification)}`;
}

/** Without what is the collateral's, which may be exchanged for another genuine one. */
function statedIn({ tee, claims }: Verification): string {
  const { tcb_evaluation_data_number: _, ...details } = claims?.details ?? {};
  return JSON.stringify([tee, claims?.reportData, claims?.registers, claims?.machine, details]);
}

/** What rows have to take parts from, by the name of the part or of the collateral's member. */
interface Samples {
  readonly parts: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

function samplesOf(rows: readonly Row[]): Samples {
  const parts = rows.flatMap(({ evidence }) => partsOrNone(evidence));
  const members = rows.flatMap(({ evidence }) => ('quote' in evidence ? Object.entries({ ...evidence.collateral }) : []));
  const grouped = <T>(entries: readonly (readonly [string, T])[]) =>
    new Map([...Map.groupBy(entries, ([name]) => name)].map(([name, group]) => [name, group.map(([, value]) => value)]));
  return {
    parts: grouped(parts.map(({ name, bytes }) => [name, bytes])),
    texts: grouped(members.map(([name, text]) => [name, String(text)])),
  };
}

function mutated(evidence: Evidence, samples: Samples, random: Random): Evidence {
  let result = evidence;
  for (let changes = random.oneIn(2) ? 1 : 1 + random.below(3); changes > 0; changes--) {
    const parts = partsOrNone(result);
    if (parts.length === 0) return result;
    const part = random.pick(parts);
    result = random.oneIn(12) ? oddlyTyped(result, random) : part.put(changed(part, samples, random));
    if (random.oneIn(6)) result = oddText(result, samples, random);
  }
  return result;
}

/** What was changed before may no longer come apart. */
function partsOrNone(evidence: Evidence): SignedPart[] {
  try {
    return signedPartsOf(evidence);
  } catch {
    return [];
  }
}

function changed({ name, bytes }: SignedPart, { parts }: Samples, random: Random): Uint8Array {
  const all = [...parts.values()];
  const samples = Array.from({ length: 3 }, () => random.pick((random.oneIn(10) ? undefined : parts.get(name)) ?? random.pick(all)));
  if (random.oneIn(5)) return random.pick(samples);
  if (name === 'document') return mutateCbor(bytes, random, samples);
  if (name === 'report') return mutateBytes(bytes, random, samples);
  if (name === 'quote') return random.oneIn(2) ? mutateBytes(bytes, random, samples) : mutateQuote(bytes, random, samples);
  if (name === 'tcb_info' || name === 'qe_identity')
    return new Uint8Array(Buffer.from(mutateJson(Buffer.from(bytes).toString('latin1'), random), 'latin1'));
  return random.oneIn(6) ? mutateBytes(bytes, random, samples) : mutateDer(bytes, random, samples);
}

/** Where lengths and types stand in a quote: version, key type, TEE, body type and size, then whatever may be one. */
function mutateQuote(quote: Uint8Array, random: Random, samples: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.from(quote).toString('latin1');
  const at = text.indexOf('-----BEGIN');
  if (at > 0 && random.oneIn(2)) {
    const chains = samples.map((sample) => Buffer.from(sample).toString('latin1')).map((other) => other.slice(other.indexOf('-----BEGIN')));
    const chain = Buffer.from(mutatePem(text.slice(at), random, chains), 'latin1');
    const changed = Buffer.concat([quote.subarray(0, at), chain]);
    if (random.oneIn(4)) return changed;
    // The three lengths in front of the chain are made to fit.
    const grown = chain.length - (quote.length - at);
    for (const place of lengthsOf(quote, at)) changed.writeUInt32LE((changed.readUInt32LE(place) + grown) >>> 0, place);
    return new Uint8Array(changed);
  }
  const changed = Buffer.from(quote);
  const places = [0, 2, 4, 48, 50, ...lengthsOf(quote, at), ...lengthsOf(quote, at).map((place) => place - 2)].filter(
    (place) => place + 4 <= quote.length && place >= 0,
  );
  const place = random.pick(places);
  changed.writeUInt32LE(
    random.pick([...EDGES, quote.length, changed.readUInt32LE(place) + 1, changed.readUInt32LE(place) - 1].map((value) => value >>> 0)),
    place,
  );
  return new Uint8Array(changed);
}

/** The places whose number is what is left behind them. */
function lengthsOf(quote: Uint8Array, chainAt: number): number[] {
  const view = new DataView(quote.buffer, quote.byteOffset, quote.byteLength);
  const end = Math.max(4, Math.min(chainAt, quote.length - 4));
  return Array.from({ length: end }, (_, at) => at).filter((at) => view.getUint32(at, true) === quote.length - at - 4);
}

/** Members of collateral are texts that may be anything. */
function oddText(evidence: Evidence, { texts }: Samples, random: Random): Evidence {
  if (!('quote' in evidence) || !evidence.collateral) return evidence;
  const names = Object.keys(evidence.collateral) as (keyof typeof evidence.collateral)[];
  if (names.length === 0) return evidence;
  const name = random.pick(names);
  const own = String(evidence.collateral[name]);
  const others = texts.get(name) ?? [];
  const text = name.endsWith('chain')
    ? mutatePem(own, random, others)
    : name.startsWith('tcb_info')
      ? mutateJson(own, random)
      : mutateText(own, random);
  return { ...evidence, collateral: { ...evidence.collateral, [name]: random.oneIn(5) && others.length > 0 ? random.pick(others) : text } };
}

/** Evidence crosses a border as JSON, so a member may be of any kind or absent. */
function oddlyTyped(evidence: Evidence, random: Random): Evidence {
  const odd: unknown = random.pick([null, 0, '', 'text', [], {}, true, new Uint8Array()]);
  if ('quote' in evidence) {
    const names = Object.keys(evidence.collateral ?? {});
    const collateral: unknown = names.length === 0 || random.oneIn(4) ? {} : { ...evidence.collateral, [random.pick(names)]: odd };
    return { ...evidence, collateral: collateral as NonNullable<typeof evidence.collateral> };
  }
  if (evidence.tee === 'sev-snp') {
    const { crl: _, ...without } = evidence;
    return random.oneIn(2)
      ? without
      : { ...evidence, issuers: random.pick([[], [...evidence.issuers, ...evidence.issuers], evidence.issuers.toReversed()]) };
  }
  return evidence;
}
