import { createHash } from 'node:crypto';
import { glob, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { uploadFile } from '@privexbot/sdk';
import { type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';
import { Shell } from '../cli.fixture.ts';

const TEXT = 'Full-time staff receive 27 days of paid annual leave each calendar year.\n';

test('an export holds every file, passage, bot, conversation and audit entry, with a manifest that adds up', async () => {
  await using enclave = await startEnclave();
  await using shell = await Shell.open();
  const admin = await enclave.signUp();
  await fill(admin);
  const key = async ({ client, org }: Person) => (await client.apiKeys.create({ params: { org }, body: { name: 'export' } })).key;
  Object.assign(shell.env, { PRIVEXBOT_URL: await enclave.listen(), PRIVEXBOT_API_KEY: await key(admin) });

  const { code, value } = await shell.json('export', '--out', 'all');
  expect([code, value]).toEqual([0, expect.objectContaining({ id: admin.org, documents: 2, bots: 1, conversations: 1, leftOut: [] })]);
  const out = join(shell.folder, 'all');
  const read = (path: string) => readFile(join(out, path), 'utf8');
  const lines = async (path: string) =>
    (await read(path))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  const manifest = JSON.parse(await read('manifest.json')) as { files: { path: string; sizeBytes: number; sha256: string }[] };
  const there: string[] = [];
  for await (const entry of glob('**', { cwd: out, withFileTypes: true }))
    if (entry.isFile()) there.push(join(entry.parentPath, entry.name).slice(out.length + 1));
  expect(manifest.files.map(({ path }) => path).sort()).toEqual(there.filter((path) => path !== 'manifest.json').sort());
  for (const { path, sizeBytes, sha256 } of manifest.files) {
    const bytes = await readFile(join(out, path));
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([sizeBytes, sha256]);
    expect((await stat(join(out, path))).mode & 0o077).toBe(0);
  }

  const base = 'workspaces/General/knowledge/_.._Handbook';
  expect(await read(`${base}/original/leave.md`)).toBe(TEXT);
  expect(await read(`${base}/documents.csv`)).toMatch(
    /^id,name,file,version,state,passages,added\r\ndoc_\w+,'=SUM\(A1\),original\/=SUM\(A1\)\.txt,1,ready,1,/,
  );
  const [passages = ''] = there.filter((path) => path.startsWith(`${base}/passages`));
  expect(await lines(passages)).toMatchObject([{ ordinal: 0, text: expect.any(String), documentName: expect.any(String) }]);
  expect(JSON.parse(await read('workspaces/General/bots/Help/bot.json'))).toMatchObject({
    settings: { name: 'Help' },
    deployments: [{ channel: 'page' }, {}, {}],
  });
  expect(await lines('workspaces/General/bots/Help/versions.jsonl')).toMatchObject([{ number: 1, settings: { name: 'Help' } }]);
  expect(await lines('workspaces/General/bots/Help/conversations.jsonl')).toMatchObject([
    { turns: [{ question: 'How many days of annual leave do I receive?' }] },
  ]);
  expect((await lines('audit.jsonl')).map(({ action }) => action)).toContain('bot.published');

  const again = await shell.run('export', '--out', 'all');
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is not empty')]);

  const email = 'viewer@example.com';
  const { link } = await admin.client.organizations.invite({ params: { org: admin.org }, body: { email, role: 'tier3' } });
  const viewer = await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
  shell.env.PRIVEXBOT_API_KEY = await key(viewer);
  const less = await shell.json('export', '--out', 'less');
  expect(less).toMatchObject({ code: 1, value: { documents: 2, conversations: 0, auditEntries: 0 } });
  expect(less.value.leftOut).toMatchObject([{ what: 'conversations with Help' }, { what: 'audit log' }]);
  expect((await stat(join(shell.folder, 'less/manifest.json'))).size).toBeGreaterThan(0);
});

/** A knowledge base with a file and a pasted text, and a published bot that was asked once. */
async function fill({ client, org, workspace }: Person): Promise<void> {
  const { id } = await client.knowledge.create({ params: { org, workspace }, body: { name: '/../Handbook' } });
  const params = { org, workspace, knowledge: id };
  const upload = await uploadFile(client, { org, file: new Blob([TEXT]), name: 'leave.md' });
  await client.knowledge.add({ params, body: { source: 'upload', upload } });
  await client.knowledge.add({ params, body: { source: 'paste', title: '=SUM(A1)', text: 'The canteen opens at noon.' } });
  for (let left = 2; left > 0; await new Promise((resolve) => setTimeout(resolve, 50)))
    left = (await client.knowledge.documents({ params })).items.filter(({ state }) => state !== 'ready').length;
  const bot = await client.bots.create({ params: { org, workspace }, body: { name: 'Help', knowledgeBases: [id] } });
  const place = { org, workspace, bot: bot.id };
  await client.bots.publish({ params: place, body: { revision: bot.revision } });
  const events = await client.bots.ask({ params: place, body: { question: 'How many days of annual leave do I receive?' } });
  for await (const event of events) expect(event.type).not.toBe('failed');
}
