import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../command.ts';

export interface WrittenFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A new folder that only its owner can open, and a record of every file that was written to it. */
export class ExportFolder {
  readonly files: WrittenFile[] = [];
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** @throws UsageError unless the folder is new or empty */
  static async open(root: string): Promise<ExportFolder> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    if ((await readdir(root)).length > 0) throw new UsageError(`${root} is not empty; name a new folder, so that nothing is mixed up`);
    return new ExportFolder(root);
  }

  async writeJson(path: string, value: object): Promise<void> {
    await this.#write(path, [`${JSON.stringify(value, undefined, 2)}\n`]);
  }

  /** One JSON value a line, as they come. */
  async writeJsonLines(path: string, values: AsyncIterable<object> | Iterable<object>): Promise<number> {
    let count = 0;
    await this.#write(
      path,
      (async function* () {
        for await (const value of values) {
          count++;
          yield `${JSON.stringify(value)}\n`;
        }
      })(),
    );
    return count;
  }

  /** A table for spreadsheets (RFC 4180). Cells that a spreadsheet would run as formulas are prefixed. */
  async writeCsv(path: string, headings: readonly string[], rows: readonly (readonly (string | number)[])[]): Promise<void> {
    await this.#write(
      path,
      [headings, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`),
    );
  }

  async writeBytes(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#write(path, bytes);
  }

  /** Written last: a folder without it is incomplete. */
  async finish(manifest: object): Promise<void> {
    await writeFile(join(this.#root, 'manifest.json'), `${JSON.stringify({ ...manifest, files: this.files }, undefined, 2)}\n`, {
      mode: 0o600,
    });
  }

  async #write(path: string, chunks: AsyncIterable<Uint8Array | string> | Iterable<string>): Promise<void> {
    const target = join(this.#root, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const measure = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    await pipeline(chunks, measure, createWriteStream(target, { mode: 0o600, flags: 'wx' }));
    this.files.push({ path, sizeBytes, sha256: hash.digest('hex') });
  }
}

function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
