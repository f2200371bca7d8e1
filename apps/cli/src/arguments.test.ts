import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';

const read = (...argv: string[]) => readArguments(argv, COMMANDS);

test.each([
  [[], /name a command/],
  [['dance'], /there is no such command; there are: login/],
  [['--json'], /no such command/],
  [['knowledge'], /there are: knowledge create, knowledge add, knowledge search$/],
  [['ask', 'BOT'], /"question" is missing/],
  [['ask', 'BOT', 'how', 'many'], /quote a text that has spaces/],
  [['ask', 'BOT', ' '], /an argument is empty/],
  [['ask', 'BOT', 'why', '--loud'], /Unknown option '--loud'/],
  [['knowledge', 'add', 'KB'], /FILE is missing/],
  [['bot', 'create'], /--name is missing/],
  [['bot', 'create', '--name'], /argument missing/],
  [['bot', 'create', '--name', 'x', '--publish=yes'], /does not take an argument/],
])('%j is refused with what is wrong', (argv, problem) => {
  expect(() => read(...argv)).toThrow(UsageError);
  expect(() => read(...argv)).toThrow(problem);
});

test('flags stand anywhere after the command, and one may be repeated where it says so', () => {
  const call = read('bot', 'create', '--knowledge', 'a', '--name', 'Help', '--knowledge', 'b', '--json');
  expect(call).toMatchObject({
    command: { words: 'bot create' },
    values: { name: 'Help', knowledge: ['a', 'b'], publish: false, json: true },
  });
  expect(read('knowledge', 'add', 'KB', 'a.md', '--wait', 'b.md')).toMatchObject({ args: ['KB', 'a.md', 'b.md'], values: { wait: true } });
});

test('a question may begin with a hyphen behind --', () => {
  expect(read('ask', 'BOT', '--', '-5 degrees?')).toMatchObject({ args: ['BOT', '-5 degrees?'] });
});

test('a key that begins with a hyphen is a value, and a flag behind a flag is none', () => {
  expect(read('verify', 'https://acme.example', '--identity', '-Ab_c')).toMatchObject({ values: { identity: '-Ab_c' } });
  expect(read('verify', 'https://acme.example', '--identity', '--Ab_c', '--json')).toMatchObject({
    values: { identity: '--Ab_c', json: true },
  });
  expect(() => read('verify', 'https://acme.example', '--identity', '--json')).toThrow(UsageError);
  expect(() => read('verify', 'https://acme.example', '-x')).toThrow(UsageError);
});

test('every command has help with its flags and the common ones', () => {
  expect(COMMANDS.length).toBe(16);
  for (const { words, options } of COMMANDS) {
    const { help } = read(...words.split(' '), '--help') as { help: string };
    for (const flag of [...Object.keys(options), 'json', 'url', 'org', 'workspace']) expect(help).toContain(`--${flag}`);
    expect(read('--help')).toMatchObject({ help: expect.stringContaining(`  ${words} `.trimEnd()) });
  }
  expect(read('knowledge', '--help')).toMatchObject({ help: expect.not.stringContaining('login') });
});
