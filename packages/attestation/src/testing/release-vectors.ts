/** The vectors of `vectors/release-log`: `node release-vectors.ts FOLDER` writes them. Keys come from fixed seeds, so they are the same each time. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { concatBytes, fromHex, toBase64url, toHex } from '../bytes.ts';
import { encodeCanonical } from '../canonical-json.ts';
import type { CheckStatus } from '../checks.ts';
import { encodeLaunchManifest, type LaunchManifest, launchManifestDigest } from '../environment/launch-manifest.ts';
import type { Remembered } from '../environment/verdict.ts';
import { replayRegister } from '../event-log/replay.ts';
import type { Tee } from '../policy.ts';
import { leafHash } from '../release/merkle.ts';
import { encodeReleaseStatement } from '../release/release-statement.ts';
import {
  consistencyProof,
  cosignCheckpoint,
  inclusionProof,
  type LogEntries,
  type NoteSigner,
  signCheckpoint,
  signerOf,
  stateRelease,
  treeHeadOf,
  verifierKey,
} from '../release/write-log.ts';
import { BUILDS, DAY, entriesOf, MANIFEST } from './environment.ts';

export interface StatementRow {
  readonly id: string;
  readonly verify_at: string;
  /** As `releaseLog` of a key configuration. */
  readonly log: { readonly name: string; readonly key: string; readonly witnesses: readonly { name: string; key: string }[] };
  readonly remembered: Remembered;
  readonly tee: Tee;
  /** What the evidence states. */
  readonly registers: Readonly<Record<string, string>>;
  /** UTF-8 of the statement. */
  readonly statement: string;
  readonly expected: Readonly<Record<'release' | 'release-log' | 'release-rollback', CheckStatus>>;
}

const AT = Date.parse('2026-03-01T12:00:00Z');
const NAME = 'releases.example/privexbot';

async function seeded(name: string, seed: string): Promise<NoteSigner> {
  const d = createHash('sha256').update(`privexbot vectors ${seed}`).digest();
  const pkcs8 = concatBytes(fromHex('302e020100300506032b657004220420'), d);
  const key = createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
  return signerOf(name, { kty: 'OKP', crv: 'Ed25519', x: key.x ?? '', d: toBase64url(d) });
}

const [signer, forger, witness] = await Promise.all([
  seeded(NAME, 'log'),
  seeded(NAME, 'another log'),
  seeded('witness.example/w1', 'witness'),
]);
const keyOf = ({ name, key }: NoteSigner) => ({ name, key: toBase64url(key) });
const log = { ...keyOf(signer), witnesses: [keyOf(witness)] };

const entries = entriesOf(5);
const rewritten = entriesOf(5, { sourceUrl: 'https://example.com/another' });
const registers = BUILDS[0]?.registers ?? {};

interface Statement {
  readonly of?: LogEntries;
  readonly index?: number;
  readonly seenAt?: number;
  readonly signedBy?: NoteSigner;
  readonly seenBy?: NoteSigner | undefined;
  readonly maxLeaves?: number;
}

async function state(made: Statement = {}): Promise<string> {
  const { of = entries, index = of.length - 1, seenAt = AT - DAY, signedBy = signer, maxLeaves = 256 } = made;
  const checkpoint = await signCheckpoint(of, signedBy);
  const by = 'seenBy' in made ? made.seenBy : witness;
  const cosigned = by ? await cosignCheckpoint({ checkpoint, log: signedBy, witness: by, at: seenAt }) : checkpoint;
  return new TextDecoder().decode(encodeReleaseStatement(await stateRelease(of, index, cosigned, { maxLeaves })));
}

async function seen(count: number, of = entries): Promise<Remembered> {
  const { size, root } = await treeHeadOf(of.slice(0, count));
  return { log: await verifierKey(signer), sequence: count, logSize: size, logRoot: toBase64url(root) };
}

/** Exchanges one digit of the first hash of this member for another that is canonical as well. */
function altered(statement: string, member: string): string {
  const at = statement.indexOf(`"${member}":"`) + member.length + 4;
  return statement.slice(0, at) + (statement[at] === 'A' ? 'B' : 'A') + statement.slice(at + 1);
}

export async function statementRows(): Promise<StatementRow[]> {
  const passed = { release: 'passed', 'release-log': 'passed', 'release-rollback': 'passed' } as const;
  const unread = { release: 'unknown', 'release-log': 'failed', 'release-rollback': 'unknown' } as const;
  const unsigned = { ...passed, 'release-log': 'failed', 'release-rollback': 'unknown' } as const;
  const notInLog = { ...passed, 'release-log': 'failed' } as const;
  const older = { ...passed, 'release-rollback': 'failed' } as const;
  const row = (id: string, expected: StatementRow['expected'], statement: string, more: Partial<StatementRow> = {}): StatementRow => ({
    ...{ id, verify_at: '2026-03-01T12:00:00Z', log, remembered: {}, tee: 'tdx', registers, statement, expected, ...more },
  });
  const usual = await state();
  const wholeBuild = BUILDS.map(({ tee, registers: all }) => ({ tee, registers: tee === 'tdx' ? { mrtd: all.mrtd ?? '' } : all }));
  return [
    row('first-visit', passed, usual),
    row('only-entry', passed, await state({ of: entries.slice(0, 1) })),
    row('older-entry', passed, await state({ index: 1 })),
    row('same-as-before', passed, usual, { remembered: await seen(5) }),
    row('grew', passed, usual, { remembered: await seen(2) }),
    row('grew-from-a-subtree', passed, await state({ maxLeaves: 2 }), { remembered: await seen(3) }),
    row('another-log-was-seen', { ...passed, 'release-log': 'warned' }, usual, {
      remembered: { ...(await seen(5)), log: await verifierKey(forger), logSize: 99 },
    }),
    ...(await Promise.all(
      BUILDS.map(async ({ tee, registers: all }) => row(`build-${tee}`, passed, usual, { tee, registers: { ...all, more: '00' } })),
    )),
    row('witness-week-ago', { ...passed, 'release-log': 'warned' }, await state({ seenAt: AT - 8 * DAY })),
    row('witness-month-ago', notInLog, await state({ seenAt: AT - 31 * DAY })),
    row('witness-in-the-future', notInLog, await state({ seenAt: AT + DAY })),
    row('witness-missing', notInLog, await state({ seenBy: undefined })),
    row('witness-unknown', notInLog, await state({ seenBy: forger })),
    row('other-build', { ...passed, release: 'failed' }, usual, { registers: { ...registers, rtmr2: '77'.repeat(48) } }),
    row('other-machine', { ...passed, release: 'failed' }, await state({ of: entriesOf(1, { measurements: BUILDS.slice(1) }) })),
    row('older-release', older, await state({ index: 2 }), { remembered: await seen(4) }),
    row('shorter-log', older, await state({ of: entries.slice(0, 4) }), { remembered: { ...(await seen(5)), sequence: 4 } }),
    row('rewritten', notInLog, await state({ of: rewritten }), { remembered: await seen(5) }),
    row('rewritten-and-grown', notInLog, await state({ of: rewritten }), { remembered: await seen(3) }),
    row('growth-not-shown', notInLog, await state({ maxLeaves: 2 }), { remembered: await seen(2) }),
    row('other-key', unsigned, await state({ signedBy: forger })),
    row('entry-altered', notInLog, usual.replace('"version":"1.5.0"', '"version":"1.5.1"')),
    row('index-altered', notInLog, usual.replace('"index":4', '"index":3')),
    row('proof-altered', notInLog, altered(usual, 'inclusion')),
    row('history-altered', notInLog, altered(usual, 'leaves')),
    row('size-altered', unsigned, usual.replace('privexbot\\n5\\n', 'privexbot\\n6\\n')),
    row(
      'cosignature-altered',
      notInLog,
      usual.replace(/(w1 .{30})./, (_, kept) => `${kept}${usual.includes(`${kept}A`) ? 'B' : 'A'}`),
    ),
    row('unknown-member', unread, usual.replace('"index"', '"ind":1,"index"')),
    row('not-canonical', unread, usual.replace('"index":', '"index": ')),
    row('build-not-whole', unread, incomplete(usual, wholeBuild)),
    row('cut', unread, usual.slice(0, -1)),
    row('nothing', unread, ''),
  ];
}

/** An entry that the writer refuses to write. */
function incomplete(usual: string, measurements: unknown): string {
  const statement = JSON.parse(usual);
  const entry = { ...statement.entry, measurements };
  const canonical = (value: unknown) => new TextDecoder().decode(encodeCanonical(value));
  return usual.replace(canonical(statement.entry), () => canonical(entry));
}

export async function treeVectors(): Promise<object> {
  const proofs = [];
  const sizes = Array.from({ length: entries.length + 1 }, (_, size) => size);
  for (const size of sizes) {
    const some = entries.slice(0, size);
    for (let index = 0; index < size; index++)
      proofs.push({ kind: 'inclusion', index, size, proof: (await inclusionProof(some, index)).map(toHex) });
    for (let from = 1; from < size; from++)
      proofs.push({ kind: 'consistency', from, size, proof: (await consistencyProof(some, from)).map(toHex) });
  }
  return {
    entries: entries.map((entry) => new TextDecoder().decode(entry)),
    leaf_hashes: await Promise.all(entries.map(async (entry) => toHex(await leafHash(entry)))),
    roots: await Promise.all(sizes.map(async (size) => toHex((await treeHeadOf(entries.slice(0, size))).root))),
    proofs,
  };
}

export async function manifestVectors(): Promise<object> {
  const plain: LaunchManifest = { v: 1, node: { version: 'v24.21.0', options: [] }, settings: {}, models: [] };
  const rows = [plain, MANIFEST, { ...MANIFEST, settings: { z: '€', a: '"\\', ä: '\n' } }].map(async (manifest) => {
    const bytes = encodeLaunchManifest(manifest);
    const digest = await launchManifestDigest(bytes);
    const extended = toHex(await replayRegister([digest]));
    const host_data = createHash('sha256').update(bytes).digest('hex');
    return {
      manifest: new TextDecoder().decode(bytes),
      sha384: toHex(digest),
      registers: { tdx: { rtmr3: extended, mr_config_id: toHex(digest) }, 'sev-snp': { host_data }, nitro: { pcr16: extended } },
    };
  });
  return { vectors: await Promise.all(rows) };
}

export async function keyVectors(): Promise<object> {
  const row = async (of: NoteSigner, type: 1 | 4) => ({ ...keyOf(of), type, vkey: await verifierKey(of, type) });
  return { vectors: await Promise.all([row(signer, 1), row(forger, 1), row(witness, 4)]) };
}

export const FILES = {
  'tree.json': treeVectors,
  'keys.json': keyVectors,
  'launch-manifest.json': manifestVectors,
  'statements.json': async () => ({ vectors: await statementRows() }),
} as const;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , folder = '.'] = process.argv;
  mkdirSync(folder, { recursive: true });
  for (const [name, make] of Object.entries(FILES)) writeFileSync(`${folder}/${name}`, `${JSON.stringify(await make(), null, 2)}\n`);
}
