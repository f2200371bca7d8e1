import type { Command, Options } from './command.ts';

/** The list of commands. */
export function describeCommands(commands: readonly Command[]): string {
  const rows = commands.map((command): [string, string] => [signature(command), command.summary]);
  return `privexbot <command> [--json]\n\n${table(rows)}\n\nprivexbot <command> --help shows its flags.`;
}

/** One command with all its flags. */
export function describeCommand(command: Command, common: Options): string {
  const own = table(Object.entries(command.options).map(flag));
  const shared = table(Object.entries(common).map(flag));
  return [`privexbot ${signature(command)}`, command.summary, own, shared].filter(Boolean).join('\n\n');
}

function signature({ words, takes, options }: Command): string {
  const flags = Object.entries(options).map(([name, { value, required }]) => {
    const written = value ? `--${name} ${value}` : `--${name}`;
    return required ? written : `[${written}]`;
  });
  return [words, ...takes, ...flags].join(' ');
}

function flag([name, { value, help }]: [string, Options[string]]): [string, string] {
  return [value ? `--${name} ${value}` : `--${name}`, help];
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(40, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => (left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`))
    .join('\n');
}
