import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '@privexbot/testing/authenticator-app.ts';
import { type Enclave, PASSWORD, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Shell } from './cli.fixture.ts';

const LEAVE = 'Full-time staff receive 27 days of paid annual leave each calendar year. Unused days lapse on 31 March.\n';
const SICK = "A doctor's certificate is needed from the fourth day of absence. Tell your line manager before 9:30.\n";

let enclave: Enclave;
let url: string;
/** Signed up and signed in. */
let shell: Shell;
let knowledge: string;

beforeAll(async () => {
  enclave = await startEnclave();
  url = await enclave.listen();
  shell = await Shell.open();
  await writeFile(join(shell.folder, 'leave.md'), LEAVE);
  await writeFile(join(shell.folder, 'sick.txt'), SICK);
  await writeFile(join(shell.folder, 'empty.txt'), '');
  shell.env.PRIVEXBOT_PASSWORD = PASSWORD;
  const signedUp = await shell.json('login', '--url', url, '--email', 'cli@acme.example', '--sign-up');
  expect(signedUp).toMatchObject({ code: 0, value: { id: expect.stringMatching(/^usr_/), email: 'cli@acme.example', url } });
  knowledge = String((await shell.json('knowledge', 'create', '--name', 'Handbook')).value.id);
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await enclave[Symbol.asyncDispose]();
});

/** What every command says first in a checkout. */
function simulated(): string {
  return `Simulated: no protected hardware answers at ${url}. It protects nothing.\n`;
}

test('a login is kept in a file that only its owner can read, without the password', async () => {
  const file = join(shell.folder, 'config/privexbot/login.json');
  const content = await readFile(file, 'utf8');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
  expect(content).not.toContain(PASSWORD);
  expect(Object.keys(JSON.parse(content))).toEqual(['url', 'device']);
});

test('a login takes the password by flag, and a wrong one exits 1 and leaves the stored login alone', async () => {
  const wrong = await shell.run('login', '--url', url, '--email', 'cli@acme.example', '--password', 'not this one');
  expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: `${simulated()}privexbot: The address or the password is wrong.\n` });
  const json = await shell.json('login', '--url', url, '--email', 'cli@acme.example', '--password', 'not this one');
  expect(json).toMatchObject({ code: 1, value: { error: { code: 'wrong_credentials' } } });
  expect((await shell.run('audit', 'verify')).code).toBe(0);
  expect((await shell.run('login', '--url', url, '--email', 'cli@acme.example', '--password', PASSWORD)).code).toBe(0);
});

test('a login with a second factor takes a recovery code once, and a wrong one signs nobody in', async () => {
  await using other = await Shell.open();
  other.env.PRIVEXBOT_PASSWORD = PASSWORD;
  const { client, email } = await enclave.signUp();
  const { secret, challenge } = await client.credentials.startTotp();
  const code = codeOf(secret, enclave.context.now());
  const { recoveryCodes } = await client.credentials.confirmTotp({ body: { challenge, code } });
  const [recovery = ''] = recoveryCodes ?? [];
  const login = (...more: string[]) => other.run('login', '--url', url, '--email', email, ...more);
  expect(await login()).toMatchObject({ code: 2, stderr: expect.stringContaining('give it with --code') });
  expect(await login('--code', '000000')).toMatchObject({ code: 1, stderr: expect.stringContaining('The code is wrong') });
  expect(await login('--code', recovery)).toMatchObject({ code: 0, stdout: expect.stringContaining('Signed in') });
  expect(await login('--code', recovery)).toMatchObject({ code: 1 });
});

test('a login without password and without a terminal is bad usage', async () => {
  await using other = await Shell.open();
  const { code, stderr } = await other.run('login', '--url', url, '--email', 'cli@acme.example');
  expect([code, stderr]).toEqual([2, expect.stringContaining('set PRIVEXBOT_PASSWORD')]);
});

test('documents are added, found, cited by a published bot, and the answer names its place', async () => {
  const added = await shell.json('knowledge', 'add', knowledge, 'leave.md', 'sick.txt', '--wait');
  expect(added).toMatchObject({
    code: 0,
    value: { added: 2, failed: 0, documents: [{ file: 'leave.md', state: 'ready' }, { file: 'sick.txt' }] },
  });
  const search = await shell.json('knowledge', 'search', knowledge, 'How many days of leave?');
  expect(search.value.hits).toMatchObject([{ documentName: 'leave.md', passage: { text: LEAVE.trim() } }, {}]);
  expect((await shell.run('knowledge', 'search', knowledge, 'How many days of leave?')).stdout).toContain('1. leave.md  (');

  const bot = await shell.json('bot', 'create', '--name', 'Help', '--knowledge', knowledge, '--instructions', 'Be kind.', '--publish');
  expect(bot).toMatchObject({
    code: 0,
    value: { id: expect.stringMatching(/^bot_/), name: 'Help', version: expect.stringMatching(/^ver_/) },
  });
  const { code, value } = await shell.json('ask', String(bot.value.id), 'How many days of annual leave do I receive?');
  expect(code).toBe(0);
  expect(value).toMatchObject({ answer: expect.stringContaining('27 days'), model: 'grounded', version: bot.value.version });
  const [citation] = value.citations as { document: string; passage: number; quote: string; start: number; end: number }[];
  expect(LEAVE.slice(citation?.start, citation?.end)).toBe(citation?.quote);
  expect(citation).toMatchObject({ document: expect.stringMatching(/^doc_/), documentName: 'leave.md', passage: 0 });
  const words = await shell.run('ask', String(bot.value.id), 'How many days of annual leave do I receive?');
  expect(words.stdout).toMatch(/27 days.*\[1\]\n\n\[1\] leave\.md: “Full-time/s);
});

test('a bot that was not published says so when asked', async () => {
  const draft = await shell.json('bot', 'create', '--name', 'Draft');
  expect(draft.value.version).toBeNull();
  const asked = await shell.json('ask', String(draft.value.id), 'Anything?');
  expect(asked).toMatchObject({ code: 1, value: { error: { code: 'nothing_published' } } });
});

test('one file that fails does not stop the others', async () => {
  await mkdir(join(shell.folder, 'folder'));
  await writeFile(join(shell.folder, 'late.md'), 'The canteen opens at noon.\n');
  const added = await shell.json('knowledge', 'add', knowledge, 'empty.txt', 'missing.md', 'folder', 'late.md', '--wait');
  expect(added.code).toBe(1);
  expect(added.value).toMatchObject({
    added: 1,
    failed: 3,
    documents: [
      { file: 'empty.txt', state: 'failed', failure: 'empty' },
      { file: 'missing.md', state: 'refused' },
      { file: 'folder', state: 'refused' },
      { file: 'late.md', state: 'ready', passages: 1 },
    ],
  });
  expect(added.stderr).toContain('empty.txt: the file is empty\n');
  const same = await shell.json('knowledge', 'add', knowledge, 'late.md');
  expect(same.value).toMatchObject({ id: expect.stringMatching(/^doc_/), added: 1 });
});

test('two files of one name are not taken for versions of each other', async () => {
  const twins = await shell.run('knowledge', 'add', knowledge, 'leave.md', './folder/leave.md');
  expect([twins.code, twins.stderr]).toEqual([2, expect.stringContaining('two files are named leave.md')]);
});

test('an API key works without a login, wins over one, and finds its organization', async () => {
  const made = await shell.json('key', 'create', '--name', 'ci');
  expect(made).toMatchObject({ code: 0, value: { id: expect.stringMatching(/^key_/), name: 'ci', key: expect.stringMatching(/^pxb_/) } });
  expect((await shell.run('key', 'create')).stdout).toMatch(/^pxb_\S+\n$/);
  await using ci = await Shell.open();
  expect((await ci.run('audit', 'verify')).code).toBe(1);
  Object.assign(ci.env, { PRIVEXBOT_URL: url, PRIVEXBOT_API_KEY: String(made.value.key) });
  expect(await ci.json('audit', 'verify')).toMatchObject({ code: 0, value: { intact: true } });
  expect((await ci.json('knowledge', 'search', knowledge, 'leave')).code).toBe(0);

  const stranger = await enclave.signUp();
  const { key } = await stranger.client.apiKeys.create({ params: { org: stranger.org }, body: { name: 'theirs' } });
  shell.env.PRIVEXBOT_API_KEY = key;
  const theirs = await shell.json('knowledge', 'search', knowledge, 'leave');
  delete shell.env.PRIVEXBOT_API_KEY;
  expect(theirs).toMatchObject({ code: 1, value: { error: { code: 'not_found' } } });
});

test('eval ranks documents by their best passage', async () => {
  await writeFile(
    join(shell.folder, 'queries.jsonl'),
    '{"_id":"q1","text":"annual leave days"}\n{"_id":"q2","text":"certificate of a doctor"}\n{"_id":"q3","text":"?"}\n',
  );
  await writeFile(join(shell.folder, 'qrels.tsv'), 'query-id\tcorpus-id\tscore\nq1\tleave\t1\nq2\tsick\t1\n');
  const { code, value } = await shell.json('eval', knowledge, '--queries', 'queries.jsonl', '--qrels', 'qrels.tsv');
  expect(code).toBe(0);
  const best = { ndcg10: 1, recall10: 1, mrr: 1 };
  const times = { p50Ms: expect.any(Number), p95Ms: expect.any(Number) };
  expect(value).toEqual({ queries: 2, ...best, ...times, words: best, meaning: expect.objectContaining({ mrr: expect.any(Number) }) });
  await writeFile(join(shell.folder, 'wrong.tsv'), 'q1\tleave\n');
  const wrong = await shell.run('eval', knowledge, '--queries', 'queries.jsonl', '--qrels', 'wrong.tsv');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('line 1 of the judgements')]);
  expect((await shell.run('eval', knowledge, '--queries', 'gone.jsonl', '--qrels', 'qrels.tsv')).code).toBe(2);
});

test('commands outside a login name what to do', async () => {
  await using nobody = await Shell.open();
  nobody.env.PRIVEXBOT_URL = url;
  const { code, value } = await nobody.json('audit', 'verify');
  expect([code, value]).toEqual([
    1,
    { error: { code: 'not_signed_in', message: expect.stringContaining(`privexbot login --url ${url}`) } },
  ]);
});

test('a device shows itself to no other server than its own', async () => {
  const other = await shell.json('audit', 'verify', '--url', 'http://127.0.0.1:9');
  expect(other).toMatchObject({ code: 1, value: { error: { code: 'not_signed_in' } } });
});

test('a server that is not there is named', async () => {
  const gone = await shell.json('login', '--url', 'http://127.0.0.1:9', '--email', 'cli@acme.example');
  expect(gone).toMatchObject({
    code: 1,
    value: { error: { code: 'unreachable', message: expect.stringContaining('http://127.0.0.1:9') } },
  });
});

test('another organization or workspace is chosen by id or name', async () => {
  expect((await shell.run('audit', 'verify', '--org', 'acme.example', '--workspace', 'General')).code).toBe(0);
  const wrong = await shell.run('audit', 'verify', '--workspace', 'Sales');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/no such workspace; there is: General \(wsp_/)]);
});

test('an audit log that was tampered with exits 1 and names the place', async () => {
  const victim = await enclave.signUp();
  const { key } = await victim.client.apiKeys.create({ params: { org: victim.org }, body: { name: 'audit' } });
  await using auditor = await Shell.open();
  Object.assign(auditor.env, { PRIVEXBOT_URL: url, PRIVEXBOT_API_KEY: key });
  const before = await auditor.run('audit', 'verify');
  expect([before.code, before.stdout]).toEqual([0, expect.stringMatching(/^Unbroken: \d+ entries/)]);
  await enclave.forge(`update audit_entries set at = at + interval '1 day' where org_id = $1 and sequence = 2`, [victim.org]);
  const after = await auditor.json('audit', 'verify');
  expect(after).toMatchObject({ code: 1, value: { intact: false, problem: { sequence: 2 } } });
});

const BAD: [string, string[]][] = [
  ['no command', []],
  ['an unknown flag', ['ask', 'bot_x', 'why', '--loud']],
  ['an id of another kind', ['knowledge', 'search', 'bot_01m80b5qgtfenvjdyj82z2bpmq', 'x']],
  ['an address that is none', ['login', '--email', 'a@b.example', '--password', 'x', '--url', 'ftp://x']],
  ['verifying what is no address', ['verify', 'ftp://x.example']],
  ['an identity key that is none', ['verify', 'http://127.0.0.1:9', '--identity', 'abc']],
  ['evidence that is not there', ['verify-evidence', 'gone.json']],
  ['vectors at an address', ['verify-vectors', 'http://127.0.0.1:9']],
  ['a folder of vectors that is not there', ['verify-vectors', 'gone']],
];
test.each(BAD)('%s is bad usage: exit 2, a sentence, nothing on stdout', async (_, args) => {
  const { code, stdout, stderr } = await shell.run(...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^privexbot: .+/);
});

test('it runs through a link, as npm makes it', async () => {
  const link = join(shell.folder, 'privexbot');
  await symlink(new URL('../bin/privexbot.mjs', import.meta.url).pathname, link);
  expect((await promisify(execFile)(link, ['knowledge', 'add', '--help'])).stdout).toMatch(
    /^privexbot knowledge add KB FILE\.\.\. \[--wait\]/,
  );
});
