import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';

const RECOVER = fileURLToPath(new URL('./recover.ts', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly text: string;
  readonly token: string;
}

function recover(dataFolder: string, ...args: string[]): Promise<Outcome> {
  const env = {
    PATH: process.env.PATH,
    PRIVEXBOT_DATA: dataFolder,
    PRIVEXBOT_PUBLIC_URL: 'https://bots.example',
    PRIVEXBOT_ALLOW_SIMULATED: '1',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [RECOVER, ...args], { env }, (error, stdout, stderr) => {
      const [, token = ''] = /^https:\/\/bots\.example\/link#(\S+)$/m.exec(stdout) ?? [];
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr, token });
    });
  });
}

test('prints a link that signs in once, while the server runs, after it was killed and while it is stopped', async () => {
  await using server = await startServer();
  const body = { email: 'owner@example.com', password: 'correct horse battery' };
  const { id } = await server.client().auth.signUp({ body });
  const signIn = ({ token }: Outcome) => server.client().auth.signInByLink({ body: { token } });

  const running = await recover(server.dataFolder, 'OWNER@example.com');
  expect(running).toMatchObject({ code: 0, text: expect.stringContaining('within 15 minutes') });
  const client = server.client();
  expect((await client.auth.signInByLink({ body: { token: running.token } })).id).toBe(id);
  await expect(signIn(running)).rejects.toMatchObject({ code: 'link_invalid' });
  const { organizations } = await client.auth.me();
  const params = { org: organizations[0]?.id ?? '' };
  const { items } = await client.audit.list({ params, query: { action: 'session.started' } });
  expect(items).toMatchObject([{ facts: { by: 'link' } }, { facts: { by: 'password' } }]);

  await server.kill('server');
  const killed = await recover(server.dataFolder, body.email);
  await server.start();
  expect((await signIn(killed)).id).toBe(id);

  await server.stop();
  const stopped = await recover(server.dataFolder, body.email);
  await server.start();
  expect((await signIn(stopped)).id).toBe(id);

  expect(await recover(server.dataFolder, 'nobody@example.com')).toMatchObject({ code: 1, text: expect.stringContaining('no account') });
  expect(await recover(server.dataFolder)).toMatchObject({ code: 2, text: expect.stringContaining('Usage') });
  const elsewhere = await recover(`${server.folder}/elsewhere`, body.email);
  expect(elsewhere).toMatchObject({ code: 1, text: expect.stringContaining('PRIVEXBOT_ROOT_KEY') });
});
