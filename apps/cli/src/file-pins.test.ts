import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filePins } from './file-pins.ts';

const ORIGIN = 'https://enclave.example';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-pins-'));
  path = join(folder, 'privexbot/environments.json');
});
afterEach(() => rm(folder, { recursive: true }));

test('what was learned of one address is kept beside that of others', async () => {
  const pins = filePins({ XDG_CONFIG_HOME: folder });
  expect(await pins.read(ORIGIN)).toBeUndefined();
  await pins.write(ORIGIN, { identityKey: 'a' });
  await pins.write('https://other.example', { identityKey: 'b', sequence: 3 });
  expect(await pins.read(ORIGIN)).toEqual({ identityKey: 'a' });
});

test.each(['', '{"https://enclave.example":', '[]', '{"https://enclave.example":{"identityKey":7}}'])(
  'a damaged file %j makes nobody a first visit, and is not written over',
  async (text) => {
    await mkdir(dirname(path));
    await writeFile(path, text);
    const pins = filePins({ XDG_CONFIG_HOME: folder });
    await expect(pins.read(ORIGIN)).rejects.toThrow('says which environments are known');
    await expect(pins.write(ORIGIN, { identityKey: 'a' })).rejects.toThrow('environments.json');
    expect(await readFile(path, 'utf8')).toBe(text);
  },
);
