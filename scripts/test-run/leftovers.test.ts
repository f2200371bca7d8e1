import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endLeftovers } from './leftovers.ts';

test('a run that left nothing passes', async () => {
  expect(await endLeftovers('no-such-run', '/no/such/folder')).toMatchObject({ result: 'passed' });
});

test('a process with the id or in the folder of the run is named and ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-leak-'));
  try {
    const byId = spawn('sleep', ['300'], { env: { PRIVEXBOT_TEST_RUN: 'run-4711' }, detached: true, stdio: 'ignore' });
    const byFolder = spawn('sleep', ['300'], { env: {}, cwd: folder, detached: true, stdio: 'ignore' });
    const ends = [once(byId, 'exit'), once(byFolder, 'exit')];
    const { result, why } = await endLeftovers('run-4711', folder);
    expect(result).toBe('failed');
    expect(why).toContain(`${byId.pid}: sleep 300`);
    expect(why).toContain(`${byFolder.pid}: sleep 300`);
    expect(await Promise.all(ends)).toEqual([
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
