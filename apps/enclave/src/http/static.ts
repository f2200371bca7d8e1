import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Weak, because it is the same for the compressed form. */
  readonly tag: string;
  compressed?: Promise<Uint8Array<ArrayBuffer>>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt']);
const compress = promisify(brotliCompress);

/** The built files of a client, read once into memory. */
export class StaticFiles {
  readonly #assets: ReadonlyMap<string, Asset>;

  private constructor(assets: ReadonlyMap<string, Asset>) {
    this.#assets = assets;
  }

  /** @param folder a build's output; a missing folder serves nothing */
  static async open(folder: string): Promise<StaticFiles> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
      .map((entry) => join(entry.parentPath, entry.name));
    const assets = await Promise.all(
      files.map(async (path): Promise<[string, Asset]> => {
        const name = `/${relative(folder, path).split(sep).join('/')}`;
        const bytes = new Uint8Array(await readFile(path));
        const tag = `W/"${createHash('sha256').update(bytes).digest('base64url')}"`;
        return [name, { bytes, type: TYPES[extname(path)] ?? '', tag }];
      }),
    );
    return new StaticFiles(new Map(assets));
  }

  /** @param headers those of the security policy; file names with a hash are kept for a year, all others asked for anew */
  async respond(path: string, request: Request, headers: Readonly<Record<string, string>>): Promise<Response | undefined> {
    const asset = this.#assets.get(path);
    if (!asset) return undefined;
    const answer = new Headers({ ...headers, 'content-type': asset.type, vary: 'accept-encoding', etag: asset.tag });
    answer.set('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (listOf(request, 'if-none-match').includes(asset.tag)) return new Response(null, { status: 304, headers: answer });
    if (!listOf(request, 'accept-encoding').includes('br') || !COMPRESSED.has(extname(path)))
      return new Response(asset.bytes, { headers: answer });
    answer.set('content-encoding', 'br');
    return new Response(await compressed(asset), { headers: answer });
  }
}

function listOf(request: Request, header: string): string[] {
  return (request.headers.get(header) ?? '').split(',').map((item) => item.trim());
}

function compressed(asset: Asset): Promise<Uint8Array<ArrayBuffer>> {
  asset.compressed ??= compress(asset.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).then((bytes) => new Uint8Array(bytes));
  return asset.compressed;
}
