import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runVector } from '@privexbot/attestation/vectors';
import * as z from 'zod';
import { command, UsageError } from '../command.ts';

const Name = z.string().regex(/^(?!\.\.?$)[\w.-]+$/, 'a file’s name');

/** `index.json` of a folder of attestation vectors, as `vectors/README.md` describes it; what is not used here is passed over. */
const Index = z.object({
  vectors: z.array(
    z.object({
      id: z.string().regex(/^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/, 'a folder below this one'),
      tee: z.enum(['tdx', 'sgx', 'sev-snp', 'nitro']),
      files: z.array(z.object({ file: Name, sha256: z.string().optional() })),
      verify_at: z.iso.datetime({ offset: true }).nullish(),
      expected: z.object({ verdict: z.string(), reason: z.array(z.string()).optional() }),
      trust_anchor: Name.optional(),
      policy: Name.optional(),
    }),
  ),
});
type Row = z.infer<typeof Index>['vectors'][number];

interface Judged {
  readonly id: string;
  readonly agrees: boolean;
  readonly expected: { readonly verdict: string; readonly reason: readonly string[] };
  /** Absent where the row itself is broken. */
  readonly actual?: { readonly verdict: string; readonly failed: readonly string[]; readonly unknown: readonly string[] };
  readonly problem?: string;
}

/** Takes trust anchors from the rows, so it reads files of the folder and nothing else. */
export const verifyVectors = command({
  words: 'verify-vectors',
  summary: 'Run the attestation checks on a folder of test vectors',
  takes: ['FOLDER'],
  options: {},
  async run({ args: [folder = ''], screen }) {
    const rows = await readIndex(folder);
    const judged: Judged[] = [];
    for (const row of rows) {
      screen.status(`${judged.length + 1} of ${rows.length} vectors`);
      judged.push(await judge(folder, row));
    }
    const disagreeing = judged.filter(({ agrees }) => !agrees).length;
    return {
      value: { vectors: judged, agreeing: judged.length - disagreeing, disagreeing },
      text: [...judged.map(toLine), '', `${judged.length - disagreeing} agree, ${disagreeing} disagree`].join('\n'),
      failed: disagreeing > 0,
    };
  },
});

async function readIndex(folder: string): Promise<Row[]> {
  const path = join(folder, 'index.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code})`);
  });
  const parsed = Index.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not as expected'}`);
  }
  if (parsed.data.vectors.length === 0) throw new UsageError(`${path} holds no vectors`);
  return parsed.data.vectors;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function judge(folder: string, row: Row): Promise<Judged> {
  const expected = { verdict: row.expected.verdict, reason: row.expected.reason ?? [] };
  try {
    const files = await readFiles(folder, row);
    const { agrees, actual } = await runVector(row, async (name) => files.get(name));
    return { id: row.id, agrees, expected, actual };
  } catch (error) {
    return { id: row.id, agrees: false, expected, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The row's files, which must be those that its author had. */
async function readFiles(folder: string, { id, files }: Row): Promise<Map<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const { file, sha256 } of files) {
    const bytes = new Uint8Array(await readFile(join(folder, id, file)));
    if (sha256 && createHash('sha256').update(bytes).digest('hex') !== sha256.toLowerCase())
      throw new Error(`${file} is not the file that index.json describes`);
    read.set(file, bytes);
  }
  return read;
}

function toLine({ id, agrees, expected, actual, problem }: Judged): string {
  const wanted = [expected.verdict, ...(expected.reason.length ? [`(${expected.reason.join(' or ')})`] : [])].join(' ');
  const found = actual
    ? [actual.verdict, ...actual.failed, ...actual.unknown.map((check) => `${check}?`)].join(' ')
    : `broken row: ${problem}`;
  return `${agrees ? 'agrees   ' : 'DISAGREES'} ${id}: expected ${wanted}; ${found}`;
}
