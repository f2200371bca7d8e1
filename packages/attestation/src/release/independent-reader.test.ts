/** A reader of statements written from docs/release-log.md alone: it shares no line with the package, and must agree with it. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Row {
  id: string;
  verify_at: string;
  log: { name: string; key: string; witnesses: { name: string; key: string }[] };
  remembered: { log?: string; sequence?: number; logSize?: number; logRoot?: string };
  tee: string;
  registers: Record<string, string>;
  statement: string;
  expected: Record<string, string>;
}

interface Entry {
  sequence: number;
  measurements: { tee: string; registers: Record<string, string> }[];
}

const FILE = new URL('../../../../vectors/release-log/statements.json', import.meta.url);
const { vectors: rows }: { vectors: Row[] } = JSON.parse(readFileSync(FILE, 'utf8'));
const DAY = 86_400;

const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const node = (left: Buffer, right: Buffer) => sha(Buffer.of(1), left, right);

/** §1, for what the rows hold. */
function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const object = value as Record<string, unknown>;
  const names = Object.keys(object).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${jcs(object[name])}`).join()}}`;
}

function hashes(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'base64url');
  return Array.from({ length: bytes.length / 32 }, (_, index) => bytes.subarray(32 * index, 32 * index + 32));
}

/** §4: the signatures in lines of this name and key, without their ids. */
function lines(note: string, name: string, key: Buffer, type: number): Buffer[] {
  const id = sha(Buffer.from(`${name}\n`), Buffer.of(type), key).subarray(0, 4);
  const own = note.split('\n').filter((line) => line.startsWith(`— ${name} `));
  return own
    .map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64'))
    .flatMap((bytes) => (bytes.subarray(0, 4).equals(id) ? [bytes.subarray(4)] : []));
}

function isSigned(key: Buffer, message: string, signature: Buffer): boolean {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  return verify(null, Buffer.from(message), createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature);
}

/** §5: from the peaks on, the root at each size. */
function growth({ size, peaks, leaves }: { size: number; peaks: string; leaves: string }): Map<number, Buffer> {
  const stack = hashes(peaks);
  const root = () => stack.reduceRight((right, left) => node(left, right));
  const roots = new Map<number, Buffer>();
  if (stack.length > 0) roots.set(size, root());
  for (const [index, leaf] of hashes(leaves).entries()) {
    let top = leaf;
    for (let rest = size + index; rest % 2 === 1; rest = (rest - 1) / 2) top = node(stack.pop() ?? top, top);
    stack.push(top);
    roots.set(size + index + 1, root());
  }
  return roots;
}

/** RFC 9162 §2.1.3.2. */
function climb(leaf: Buffer, index: number, size: number, proof: Buffer[]): Buffer | undefined {
  let [fn, sn, hash] = [index, size - 1, leaf];
  if (fn > sn) return undefined;
  for (const sibling of proof) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      hash = node(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else hash = node(hash, sibling);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 ? hash : undefined;
}

const WHOLE: Record<string, string[]> = {
  tdx: ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2'],
  'sev-snp': ['measurement'],
  nitro: ['pcr0', 'pcr1', 'pcr2'],
  sgx: ['mrenclave'],
};

/** §2, §5: undefined if it is none. */
function read(text: string) {
  try {
    const statement = JSON.parse(text);
    const names = Object.keys(statement).join();
    if (jcs(statement) !== text || names !== 'checkpoint,entry,history,inclusion,index,v') return undefined;
    const entry: Entry = statement.entry;
    const isWhole = entry.measurements.every(({ tee, registers }) => (WHOLE[tee] ?? ['?']).every((name) => name in registers));
    return isWhole ? { ...statement, entry } : undefined;
  } catch {
    return undefined;
  }
}

/** §6 */
function judge({ statement: text, verify_at, log, remembered, tee, registers }: Row): Record<string, string> {
  const statement = read(text);
  if (!statement) return { release: 'unknown', 'release-log': 'failed', 'release-rollback': 'unknown' };
  const { entry, index, inclusion, checkpoint, history } = statement;
  const isBuild = (entry as Entry).measurements.some(
    (each) => each.tee === tee && Object.entries(each.registers).every(([name, value]) => registers[name] === value),
  );
  const release = isBuild ? 'passed' : 'failed';
  const [signed = '', origin = '', digits = '', root = ''] = /^([^\n]+)\n(\d+)\n([^\n]+)\n/.exec(checkpoint) ?? [];
  const key = Buffer.from(log.key, 'base64url');
  const own = lines(checkpoint, log.name, key, 1);
  const isOurs = origin === log.name && own.length > 0 && own.every((signature) => isSigned(key, signed, signature));
  if (!isOurs) return { release, 'release-log': 'failed', 'release-rollback': 'unknown' };

  const size = Number(digits);
  const rootBytes = Buffer.from(root, 'base64');
  const id = sha(Buffer.from(`${log.name}\n`), Buffer.of(1), key).toString('hex', 0, 4);
  const isSameLog = remembered.log === `${log.name}+${id}+${Buffer.concat([Buffer.of(1), key]).toString('base64')}`;
  const before = isSameLog ? remembered : {};
  const roots = growth(history);
  const now = Date.parse(verify_at) / 1000;
  let seenAt = Number.NEGATIVE_INFINITY;
  let isWrong = false;
  for (const witness of log.witnesses) {
    const witnessKey = Buffer.from(witness.key, 'base64url');
    for (const bytes of lines(checkpoint, witness.name, witnessKey, 4)) {
      const seconds = Number(bytes.readBigUInt64BE());
      if (!isSigned(witnessKey, `cosignature/v1\ntime ${seconds}\n${signed}`, bytes.subarray(8))) isWrong = true;
      else if (seconds <= now + 600) seenAt = Math.max(seenAt, seconds);
    }
  }
  const isProven =
    climb(sha(Buffer.of(0), Buffer.from(jcs(entry))), index, size, hashes(inclusion))?.equals(rootBytes) &&
    Math.max(...roots.keys()) === size &&
    roots.get(size)?.equals(rootBytes) &&
    (before.logSize === undefined || before.logSize > size || roots.get(before.logSize)?.toString('base64url') === before.logRoot);
  const isWarned = now - seenAt > 7 * DAY || (remembered.log !== undefined && !isSameLog);
  const isRefused = isWrong || !isProven || now - seenAt > 30 * DAY;
  const isOlder = entry.sequence < (before.sequence ?? 0) || size < (before.logSize ?? 0);
  return {
    release,
    'release-log': isRefused ? 'failed' : isWarned ? 'warned' : 'passed',
    'release-rollback': isOlder ? 'failed' : 'passed',
  };
}

test.each(rows.map((row): [string, Row] => [row.id, row]))('%s: it agrees', (_, row) => expect(judge(row)).toEqual(row.expected));
