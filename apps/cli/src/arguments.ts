import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError, type Values } from './command.ts';
import { describeCommand, describeCommands } from './help.ts';

/** Flags that every command takes. */
export const COMMON = {
  json: { type: 'boolean', help: 'Print one JSON object' },
  url: { type: 'string', value: 'URL', help: 'The server; else PRIVEXBOT_URL, else that of the last login' },
  org: { type: 'string', value: 'ORG', help: 'Organization by id or name; else the first' },
  workspace: { type: 'string', value: 'WORKSPACE', help: 'Workspace by id or name; else the first' },
  identity: { type: 'string', value: 'KEY', help: 'The identity key that the environment must have; else that of the last visit' },
  help: { type: 'boolean', help: 'Show this' },
} as const satisfies Options;

export interface Call {
  readonly command: Command;
  readonly values: Values<Options>;
  readonly args: readonly string[];
}

/**
 * Reads a command line: the call it makes, or the help it asks for.
 * @throws UsageError naming what is wrong
 */
export function readArguments(argv: readonly string[], commands: readonly Command[]): Call | { readonly help: string } {
  const command = findCommand(argv, commands);
  if (!command) {
    const group = commands.filter(({ words }) => words.startsWith(`${argv[0]} `));
    if (argv.length === 0) throw new UsageError(`name a command\n\n${describeCommands(commands)}`);
    if (argv.includes('--help') || argv.includes('-h')) return { help: describeCommands(group.length ? group : commands) };
    const known = group.length ? group : commands;
    throw new UsageError(`there is no such command; there are: ${known.map(({ words }) => words).join(', ')}`);
  }
  const { values, positionals } = parse(command, argv.slice(command.words.split(' ').length));
  if (values.help) return { help: describeCommand(command, COMMON) };
  requireArguments(command, positionals);
  for (const [name, option] of Object.entries(command.options)) {
    if (option.required && !values[name]) throw usage(command, `--${name} is missing`);
    values[name] ??= option.type === 'boolean' ? false : option.multiple ? [] : undefined;
  }
  // Each value is now of the type that its option says.
  return { command, values: values as Values<Options>, args: positionals };
}

function findCommand(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find(({ words }) => words.split(' ').every((word, at) => argv[at] === word));
}

function parse(command: Command, args: string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...COMMON, ...command.options }).map(([name, { type, multiple }]: [string, Options[string]]) => [
      name,
      { type, ...(multiple ? { multiple } : {}), ...(name === 'help' ? { short: 'h' } : {}) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: withValues(args, options), options, allowPositionals: true, strict: true });
    return { values: { ...values } as Record<string, unknown>, positionals };
  } catch (error) {
    // Node's sentences name the flag; what follows the first is advice for programmers.
    throw usage(command, error instanceof Error ? (error.message.split('. ')[0] ?? '') : '');
  }
}

/** Keys in base64url may begin with a hyphen: what stands behind a flag that takes a value is that value, unless it is a flag itself. */
function withValues(args: readonly string[], options: Readonly<Record<string, { type: string } | undefined>>): string[] {
  const whole: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return [...whole, ...args.slice(at)];
    const next = args[at + 1];
    const takesValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    const isValue = next?.startsWith('-') && next !== '--' && !(next.startsWith('--') && options[next.slice(2).split('=')[0] ?? '']);
    if (takesValue && isValue) whole.push(`${arg}=${args[++at]}`);
    else whole.push(arg);
  }
  return whole;
}

function requireArguments(command: Command, args: readonly string[]): void {
  const { takes } = command;
  const takesMore = takes.at(-1)?.endsWith('...');
  const missing = takes[args.length];
  if (missing) throw usage(command, `${missing.replace('...', '')} is missing`);
  if (args.length > takes.length && !takesMore)
    throw usage(command, 'there are more arguments than it takes; quote a text that has spaces');
  if (args.some((value) => !value.trim())) throw usage(command, 'an argument is empty');
}

function usage({ words }: Command, problem: string): UsageError {
  return new UsageError(`${problem} (see: privexbot ${words} --help)`);
}
