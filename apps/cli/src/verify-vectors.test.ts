import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Shell } from './cli.fixture.ts';

const VECTORS = fileURLToPath(new URL('../../../vectors/attestation', import.meta.url));

let shell: Shell;
beforeAll(async () => {
  shell = await Shell.open();
});
afterAll(() => shell[Symbol.asyncDispose]());

interface Index {
  vectors: { id: string; files: { file: string }[]; expected: { verdict: string; reason?: string[] }; trust_anchor?: string }[];
}

/** A copy of some rows, changed. */
async function copyRows(name: string, change: (index: Index) => void): Promise<string> {
  const folder = join(shell.folder, name);
  const index = JSON.parse(await readFile(join(VECTORS, 'index.json'), 'utf8')) as Index;
  index.vectors = index.vectors.slice(0, 3);
  for (const { id, files } of index.vectors)
    for (const { file } of files) {
      await mkdir(join(folder, id), { recursive: true });
      await cp(join(VECTORS, id, file), join(folder, id, file));
    }
  change(index);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  return folder;
}

test('every vector of this repository is judged as its index says', async () => {
  const { code, value } = await shell.json('verify-vectors', VECTORS);
  expect(value).toMatchObject({ disagreeing: 0 });
  expect(code).toBe(0);
  const { vectors } = value as { vectors: { actual: { verdict: string; failed: string[] } }[] };
  expect(new Set(vectors.map(({ actual }) => actual.verdict)).size).toBeGreaterThan(1);
  expect(new Set(vectors.flatMap(({ actual }) => actual.failed)).size).toBeGreaterThan(5);
});

test('a row that expects something else is named with what was found, and fails the command', async () => {
  const folder = await copyRows('other', ({ vectors: [first] }) => {
    if (first) first.expected = first.expected.verdict === 'accept' ? { verdict: 'reject', reason: ['crl'] } : { verdict: 'accept' };
  });
  const { code, stdout } = await shell.run('verify-vectors', folder);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^DISAGREES /m);
  expect(stdout).toMatch(/1 disagree/);
});

test('files that are not those of the index are not judged', async () => {
  const folder = await copyRows('changed', () => undefined);
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as Index;
  const [row] = index.vectors;
  await writeFile(join(folder, row?.id ?? '', row?.files[0]?.file ?? ''), 'other bytes');
  const { code, stdout } = await shell.run('verify-vectors', folder);
  expect([code, stdout]).toEqual([1, expect.stringContaining('is not the file that index.json describes')]);
});

test.each([
  ['is no JSON', '{'],
  ['is empty', '{"vectors":[]}'],
  ['leads out of the folder', '{"vectors":[{"id":"../x","tee":"tdx","files":[],"expected":{"verdict":"accept"}}]}'],
  ['names a file elsewhere', '{"vectors":[{"id":"x","tee":"tdx","files":[{"file":"../../y"}],"expected":{"verdict":"accept"}}]}'],
  ['names another kind of machine', '{"vectors":[{"id":"x","tee":"sim","files":[],"expected":{"verdict":"accept"}}]}'],
])('an index that %s is bad usage', async (name, text) => {
  const path = join(shell.folder, name, 'index.json');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  const { code, stdout, stderr } = await shell.run('verify-vectors', dirname(path));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('index.json');
});
