import { mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../data-folder.ts';
import { type SealingKey, toAad } from '../../keys/seal.ts';
import { systemCode } from '../../start-problem.ts';

/** Where a blob lies and what it is sealed under. Ids alone name files; no name or content does. */
export interface BlobRef {
  readonly org: string;
  readonly id: string;
  readonly key: SealingKey;
}

/**
 * Sealed bytes outside the database, in numbered parts of at most 1 MiB. Each part is sealed in segments of 64 KiB;
 * segment, part and blob are bound by the associated data, and the last segment of a part says so.
 */
export interface BlobStore {
  /** Stores one part. It is on disk when this resolves; storing it again replaces it. */
  putPart(ref: BlobRef, part: number, bytes: Uint8Array): Promise<void>;
  /** Numbers of the stored parts, ascending. */
  parts(ref: Omit<BlobRef, 'key'>): Promise<number[]>;
  /** The bytes of parts 0 to `count` - 1 in order. @throws SealError if one was changed, SealError too if one is missing */
  read(ref: BlobRef, count: number): AsyncGenerator<Uint8Array>;
  /** Removes a blob with all parts; nothing happens if it is not there. */
  remove(ref: Omit<BlobRef, 'key'>): Promise<void>;
  /** Removes everything of an organization. */
  removeAll(org: string): Promise<void>;
}

const SEGMENT_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;
const RESERVED_BYTES = 64 * 1024 * 1024;

/**
 * Blobs as files of a folder: `<folder>/<org>/<id>/<part>`.
 * @param reservedBytes left free for the database to go on: a full disk must refuse uploads before it stops commits
 */
export function createFileBlobStore(folder: string, reservedBytes = RESERVED_BYTES): BlobStore {
  const folderOf = ({ org, id }: Omit<BlobRef, 'key'>) => join(folder, safe(org), safe(id));
  return {
    async putPart(ref, part, bytes) {
      const target = folderOf(ref);
      await mkdir(target, { recursive: true, mode: 0o700 });
      await requireSpace(target, bytes.length + reservedBytes);
      const path = join(target, `${part}`);
      const handle = await open(`${path}.new`, 'w', 0o600);
      try {
        await handle.writeFile(sealPart(ref, part, bytes));
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(`${path}.new`, path);
      await syncFolder(target);
    },
    async parts(ref) {
      const names = await readdir(folderOf(ref)).catch(onMissing<string[]>([]));
      return names
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .sort((a, b) => a - b);
    },
    async *read(ref, count) {
      for (let part = 0; part < count; part++) yield openPart(ref, part, await readStored(join(folderOf(ref), `${part}`)));
    },
    async remove(ref) {
      await rm(folderOf(ref), { recursive: true, force: true });
    },
    async removeAll(org) {
      await rm(join(folder, safe(org)), { recursive: true, force: true });
    },
  };
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
}

function readStored(path: string): Promise<Uint8Array> {
  return readFile(path).catch(onMissing(new Uint8Array()));
}

function onMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (systemCode(error) === 'ENOENT') return instead;
    throw error;
  };
}

function sealPart(ref: BlobRef, part: number, bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  const count = Math.max(1, Math.ceil(bytes.length / SEGMENT_BYTES));
  for (let segment = 0; segment < count; segment++) {
    const plain = bytes.subarray(segment * SEGMENT_BYTES, (segment + 1) * SEGMENT_BYTES);
    const sealed = ref.key.seal(segmentAad(ref, part, segment, segment === count - 1), plain);
    const length = new Uint8Array(LENGTH_BYTES);
    new DataView(length.buffer).setUint32(0, sealed.length);
    chunks.push(length, sealed);
  }
  return Buffer.concat(chunks);
}

function openPart(ref: BlobRef, part: number, stored: Uint8Array): Uint8Array {
  const plain: Uint8Array[] = [];
  const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
  let offset = 0;
  for (let segment = 0; offset < stored.length || segment === 0; segment++) {
    const length = stored.length - offset >= LENGTH_BYTES ? view.getUint32(offset) : 0;
    const end = offset + LENGTH_BYTES + length;
    plain.push(ref.key.open(segmentAad(ref, part, segment, end >= stored.length), stored.subarray(offset + LENGTH_BYTES, end)));
    offset = end;
  }
  return Buffer.concat(plain);
}

function segmentAad(ref: BlobRef, part: number, segment: number, last: boolean): Uint8Array {
  return toAad({ table: 'blobs', realm: ref.org, id: ref.id, version: part, clear: [segment, last] });
}

function safe(name: string): string {
  if (!/^[a-z]+_[0-9a-z]{26}$/.test(name)) throw new Error('not an id');
  return name;
}
