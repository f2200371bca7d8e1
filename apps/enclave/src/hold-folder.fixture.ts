// Run by data-folder.test.ts as a process of its own: tries to hold a folder, says in one line how that went, and lives until it is ended.
import { openDataFolder } from './data-folder.ts';

const [, , path = ''] = process.argv;
try {
  await openDataFolder(path);
  process.stdout.write('held\n');
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : 'unknown'}\n`);
}
