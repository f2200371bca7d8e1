import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDcapMachine, toPem } from '@privexbot/attestation/simulation';
import { simulationAnchors } from '@privexbot/sdk/development';
import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildProductionClients } from './build.ts';
import { buildLibraries } from './build-libraries.ts';
import { inspectProductionFiles, PRODUCTION_FOLDERS } from './production-files.ts';

const VENDOR_ROOTS = 5;

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'privexbot-production-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

test('what is built for others trusts hardware vendors and nobody else: web, widget, SDK and command line', async () => {
  await buildProductionClients(out);
  await buildLibraries(out);
  const places = PRODUCTION_FOLDERS.map((folder) => join(out, folder));
  const { files, certificates, problems } = inspectProductionFiles(places);
  expect(problems).toEqual([]);
  expect(files).toBeGreaterThan(50);
  // Each of the four holds every vendor's root, once.
  expect(certificates).toBe(VENDOR_ROOTS * places.length);
});

test('what is published takes no simulation for an environment, whatever it is told', async () => {
  await using enclave = await startEnclave();
  const url = await enclave.listen();
  const pem = await readFile(new URL('../.simulation/root.pem', import.meta.url), 'utf8');
  const sdk = (await import(join(out, 'packages/sdk/dist/index.js'))) as Pick<typeof import('@privexbot/sdk'), 'openEnclave'>;
  using connection = sdk.openEnclave({ url, allowSimulated: true, anchors: simulationAnchors(pem) });
  await expect(connection.check()).rejects.toMatchObject({ name: 'NotVerifiedError', verdict: { verdict: 'not-verified' } });

  const command = [join(out, 'apps/cli/dist/main.js'), 'verify', url, '--json'];
  const env = { PATH: process.env.PATH ?? '', HOME: out, XDG_CONFIG_HOME: out };
  const ended = await promisify(execFile)(process.execPath, command, { env }).catch((error: unknown) => error);
  expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('"verdict":"not-verified"') });
});

test('the check finds what it looks for, however it is written', async () => {
  const pem = toPem((await createDcapMachine(new Date())).root);
  const found = {
    pem,
    escaped: JSON.stringify(pem),
    'one piece': pem.replace(/-.*-|\n/g, ''),
    flag: 'x({isSimulation:!0})',
    name: 'const organization = "INSECURE SIMULATION";',
    constant: 'typeof __PRIVEXBOT_SIMULATION_ROOTS__',
  };
  for (const [name, content] of Object.entries(found)) {
    const folder = join(out, 'found', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'chunk.js'), `const text = \`${content}\`;`);
    expect(inspectProductionFiles([folder]), name).toMatchObject({ files: 1, problems: [expect.any(String)] });
  }
  await mkdir(join(out, 'empty'));
  expect(inspectProductionFiles([join(out, 'empty')]).problems).toEqual([expect.stringContaining('no files')]);
});
