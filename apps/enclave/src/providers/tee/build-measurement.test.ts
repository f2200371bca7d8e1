import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { measureBuild } from './build-measurement.ts';

let root: string;
const put = async (path: string, text: string) => {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'privexbot-build-'));
  await put('package-lock.json', '{}');
  await put('apps/enclave/src/main.ts', 'await runServer();');
  await put('packages/contract/src/index.ts', 'export {}');
  await put('apps/web/dist/index.html', 'web');
  await put('apps/web/dist/assets/a.js', 'a');
  await put('apps/web/dist/assets/a.js.map', 'not served');
  await put('apps/web/dist/.built-from', 'a note');
  await put('apps/widget/dist/index.html', 'widget');
  await put('apps/widget/dist/widget.js', 'loader');
});
afterEach(() => rm(root, { recursive: true }));

test('names each file that browsers get by the path under which they get it', () => {
  expect(Object.keys(measureBuild(root).assets).sort()).toEqual(['/', '/assets/a.js', '/c/*', '/widget.js']);
});

test('is the same for the same files, wherever they lie', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'privexbot-build-'));
  await cp(root, copy, { recursive: true });
  expect(measureBuild(copy)).toEqual(measureBuild(root));
  await rm(copy, { recursive: true });
});

test.each([
  ['a changed source', 'apps/enclave/src/main.ts', 'await runServer( );'],
  ['one more source', 'packages/contract/src/more.ts', ''],
  ['a changed dependency', 'package-lock.json', '{ }'],
  ['a changed page', 'apps/widget/dist/index.html', 'another'],
])('%s is another build', async (_, path, text) => {
  const before = measureBuild(root).digest;
  await put(path, text);
  expect(measureBuild(root).digest).not.toBe(before);
});

test('a folder without the server is no build', () => {
  expect(() => measureBuild(tmpdir())).toThrow();
});

test('this checkout can be measured', () => {
  const checkout = fileURLToPath(new URL('../../../../..', import.meta.url));
  expect(measureBuild(checkout).digest).toMatch(/^[0-9a-f]{96}$/);
});
