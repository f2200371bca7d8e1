import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeReleaseEntry, decodeReleaseStatement } from '@privexbot/attestation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runRelease } from './release.ts';

const HEX = 'ab'.repeat(48);
const MEASURED = `tdx mrtd=${HEX} rtmr0=${HEX} rtmr1=${HEX} rtmr2=${HEX.toUpperCase()}`;
const SOURCE = 'https://git.company.example/privexbot';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-release-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const log = () => join(folder, 'log');
const key = (name: string) => join(folder, `${name}.key`);
const run = (command: string, ...args: string[]) => runRelease([command, log(), ...args], async () => ({ '/': '00'.repeat(32) }));
const add = (version: string) => run('add', '--key', key('log'), '--version', version, '--source', SOURCE, '--measurement', MEASURED);

test('releases are entered, witnessed and stated, and nobody else’s key is in the folder', async () => {
  await run('init', '--name', 'releases.company.example', '--key', key('log'));
  const said = await run('witness', '--name', 'witness.example', '--key', key('witness'));
  const [, witness = ''] = /^The witness is (\S+=\S+)\. There is no release to sign yet\.$/.exec(said) ?? [];
  expect(await run('trust', '--witness', witness)).toMatch(
    /\nPRIVEXBOT_RELEASE_LOG=releases\.company\.example\+[0-9a-f]{8}\+A[\w+/]{43} witness\.example\+[0-9a-f]{8}\+B[\w+/]{43}$/,
  );
  expect(await add('1.0.0')).toBe('Release 1.0.0 is number 1, with 1 web assets.');
  expect(await run('witness', '--key', key('witness'))).toBe(`The witness ${witness} signed 1 releases.`);
  await add('1.1.0');
  expect(await run('witness', '--key', key('witness'))).toContain('signed 2 releases');
  await run('statement', '--out', join(folder, 'release.json'));

  const statement = decodeReleaseStatement(new Uint8Array(await readFile(join(folder, 'release.json'))));
  expect(decodeReleaseEntry(statement.entry)).toMatchObject({
    version: '1.1.0',
    sequence: 2,
    measurements: [{ registers: { rtmr2: HEX } }],
  });
  expect(statement.inclusion).toHaveLength(1);
  expect(statement.checkpoint.split('\n')).toEqual([
    'releases.company.example',
    '2',
    expect.any(String),
    '',
    expect.any(String),
    expect.any(String),
    '',
  ]);
  expect((await readdir(log())).sort()).toEqual(['checkpoint', 'entries', 'log.json']);
  for (const name of ['log', 'witness']) expect((await stat(key(name))).mode & 0o777).toBe(0o600);
});

test('a witness does not sign a log that was rewritten or that shrank', async () => {
  await run('init', '--name', 'releases.company.example', '--key', key('log'));
  await add('1.0.0');
  await add('1.1.0');
  await run('witness', '--name', 'witness.example', '--key', key('witness'));
  await rm(join(log(), 'entries/000001.json'));
  await add('1.1.0-other');
  await expect(run('witness', '--key', key('witness'))).rejects.toThrow('The log was rewritten since the last time');
  await rm(join(log(), 'entries'), { recursive: true });
  await expect(run('witness', '--key', key('witness'))).rejects.toThrow();
});

test('a measurement that does not name a build, a second log in a folder and an unknown command are refused', async () => {
  await run('init', '--name', 'releases.company.example', '--key', key('log'));
  const args = ['--key', key('log'), '--version', '1', '--source', SOURCE];
  await expect(run('add', ...args)).rejects.toThrow('--measurement is missing');
  await expect(run('add', ...args, '--measurement', `tdx mrtd=${HEX}`)).rejects.toThrow('rtmr0');
  await expect(run('init', '--name', 'other', '--key', key('other'))).rejects.toThrow('is a log already');
  await expect(run('toString')).rejects.toThrow('usage');
});
