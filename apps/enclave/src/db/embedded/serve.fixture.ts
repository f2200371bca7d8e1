// Run by tests as a process of its own: holds the data folder of its first argument, serves its database, and says so in one line.
import { join } from 'node:path';
import { openDataFolder } from '../../data-folder.ts';
import { openEmbeddedPostgres } from '../embedded-postgres.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const [, , path = '', mode] = process.argv;
try {
  const folder = mode === 'unheld' ? join(path, 'postgres') : (await openDataFolder(path)).postgres;
  const database = await openEmbeddedPostgres({ folder, password: 'test-password', log });
  process.stdout.write(`${JSON.stringify({ ownerUrl: database.ownerUrl, uid: process.getuid?.() })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ problem: error instanceof Error ? error.message : 'unknown' })}\n`);
}
