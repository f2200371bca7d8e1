import type { Connection } from './connect.ts';
import type { Screen } from './screen.ts';

/** One `--flag` of a command. */
export interface Option {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly help: string;
  readonly required?: true;
  /** May be given more than once. */
  readonly multiple?: true;
}
export type Options = Readonly<Record<string, Option>>;

type Value<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { multiple: true }
    ? string[]
    : O extends { required: true }
      ? string
      : string | undefined;
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> };

/** What a command is given: its flags and arguments, checked against its description. */
export interface Given<O extends Options> {
  readonly values: Values<O>;
  readonly args: readonly string[];
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly screen: Screen;
  /** Signs in as the flags, the environment or the stored login say. */
  connect(): Promise<Connection>;
}

/** What came of a command: one object for `--json`, the same in words, and whether a check failed or something was refused. */
export interface Outcome {
  readonly value: object;
  readonly text: string;
  readonly failed?: boolean;
  /** What was checked is a simulation: exit code 3. */
  readonly isSimulated?: boolean;
}

export interface Command<O extends Options = Options> {
  /** As typed: `knowledge add`. */
  readonly words: string;
  readonly summary: string;
  /** Names of the arguments; one that ends with `...` takes one or more. */
  readonly takes: readonly string[];
  readonly options: O;
  readonly run: (given: Given<O>) => Promise<Outcome>;
}

/** Describes a command; `run` sees its own flags by name and type. */
export function command<const O extends Options>(described: Command<O>): Command {
  // Whoever runs it hands in values that were checked against `options`.
  return described as unknown as Command;
}

/** The call is not one that there is: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not do what was asked: exit code 1. The message says what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
