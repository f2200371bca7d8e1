import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** statfs(2): the type of a file system whose files are in memory only. */
const TMPFS = 0x01021994;
const FOLDERS = ['/dev/shm', '/run/shm', '/tmp'];

/**
 * Opens a nameless file in memory: it was unlinked before a byte is written to it, is never on a disk, and is gone with its last user.
 * Pages of a tmpfs can be swapped out like all memory of a process: an enclave's machine runs without swap.
 * @returns why it cannot, when no memory file system is there or it has no room
 */
export async function openMemoryFile(sizeBytes: number): Promise<FileHandle | 'platform' | 'memory_file'> {
  let isThere = false;
  for (const folder of process.platform === 'linux' ? FOLDERS : []) {
    const stats = await statfs(folder).catch(() => undefined);
    if (stats?.type !== TMPFS) continue;
    isThere = true;
    if (stats.bavail * stats.bsize < sizeBytes) continue;
    const path = join(folder, `privexbot-${randomUUID()}`);
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600).catch(() => undefined);
    if (!file) continue;
    await unlink(path);
    return file;
  }
  return isThere ? 'memory_file' : 'platform';
}
