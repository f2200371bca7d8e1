import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeLaunchManifest, encodeLaunchManifest } from '@privexbot/attestation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { draftLaunch, readLaunch } from './launch.ts';
import { makeLaunchManifest } from './providers/tee/launch-manifest.ts';

const SETTINGS = {
  PRIVEXBOT_TEE: 'sev-snp',
  PRIVEXBOT_PUBLIC_URL: 'https://ai.example',
  PRIVEXBOT_MODEL_URL: 'https://who:pass@models.example/v1',
  PRIVEXBOT_MODEL_KEY: 'a long and random key',
};
let folder: string;
let file: string;
let marker: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-launch-'));
  file = join(folder, 'launch.json');
  marker = join(folder, 'production-image');
});
afterEach(() => rm(folder, { recursive: true }));

function writeManifest(): Uint8Array {
  return makeLaunchManifest({ ...readConfig(SETTINGS, draftLaunch(SETTINGS)), launchManifest: undefined });
}

test('a manifest that was written for settings starts the server with them, secrets from the environment', async () => {
  const manifest = writeManifest();
  await writeFile(file, manifest);
  const { PRIVEXBOT_MODEL_URL, PRIVEXBOT_MODEL_KEY } = SETTINGS;
  const config = readConfig({ PRIVEXBOT_MODEL_URL, PRIVEXBOT_MODEL_KEY }, readLaunch(file, marker));
  expect(config).toMatchObject({
    tee: 'sev-snp',
    publicUrl: 'https://ai.example',
    model: { url: PRIVEXBOT_MODEL_URL, key: PRIVEXBOT_MODEL_KEY },
  });
  expect(makeLaunchManifest(config)).toEqual(manifest);
});

test('no secret stands in a manifest', () => {
  expect(new TextDecoder().decode(writeManifest())).not.toMatch(/pass|a long and random key/);
});

test('a manifest made from a configuration states settings, Node and the model that ships', () => {
  const config = readConfig({ PRIVEXBOT_LOG: 'info' }, { isProductionImage: false });
  expect(decodeLaunchManifest(makeLaunchManifest(config))).toEqual({
    v: 1,
    node: { version: process.version, options: process.execArgv },
    settings: { PRIVEXBOT_LOG: 'info', PRIVEXBOT_TEE: 'simulated-tdx', PRIVEXBOT_SIGN_UP: 'open' },
    models: [{ name: expect.stringContaining('model-embeddings-en'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  });
  const remote = readConfig({ PRIVEXBOT_EMBEDDINGS_URL: 'http://gpu:1/v1' }, { isProductionImage: false });
  expect(decodeLaunchManifest(makeLaunchManifest(remote)).models).toEqual([]);
});

test('a manifest with other models than this version runs stops the start', async () => {
  const models = [{ name: 'another', sha256: '00'.repeat(32) }];
  await writeFile(file, encodeLaunchManifest({ ...decodeLaunchManifest(writeManifest()), models }));
  const config = readConfig(SETTINGS, readLaunch(file, marker));
  expect(() => makeLaunchManifest(config)).toThrow(/other models/);
});

test('where no file is, nothing was measured, and an image without the mark is none for others', () => {
  expect(readLaunch(file, marker)).toEqual({ isProductionImage: false });
});

test('the mark is a file, so that no environment takes it away', async () => {
  await writeFile(marker, '');
  expect(readLaunch(file, marker)).toEqual({ isProductionImage: true });
  expect(() => readConfig({ PRIVEXBOT_PRODUCTION_IMAGE: '' }, readLaunch(file, marker))).toThrow(/hardware TEE only/);
});

test.each(['', '{"v":1}', '{ "v": 1 }', '[]'])('a file that is no manifest (%s) stops the start with its name', async (text) => {
  await writeFile(file, text);
  expect(() => readLaunch(file, marker)).toThrow(/launch\.json cannot be used.*launch-manifest\.ts/);
});
