// The real command as a child process, with a home of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/privexbot.mjs', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Someone at a shell: a home folder that is also where commands run. */
export class Shell implements AsyncDisposable {
  readonly folder: string;
  readonly env: Record<string, string> = {};

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), 'privexbot-cli-')));
  }

  async run(...args: string[]): Promise<Ended> {
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: this.folder, XDG_CONFIG_HOME: join(this.folder, 'config'), ...this.env };
    const child = spawn(process.execPath, [BIN, ...args], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
    return { code: Number(code), stdout, stderr };
  }

  /** Runs with `--json` and reads the one object. @throws if anything but one JSON object was printed */
  async json(...args: string[]): Promise<Ended & { readonly value: Readonly<Record<string, unknown>> }> {
    const ended = await this.run(...args, '--json');
    if (!/^\{.*\}\n$/.test(ended.stdout)) throw new Error(`not one line of JSON: ${ended.stdout}${ended.stderr}`);
    return { ...ended, value: JSON.parse(ended.stdout) as Record<string, unknown> };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
