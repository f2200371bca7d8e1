import { readFileSync } from 'node:fs';
import { accountOf, folderMb, type Row, sleep, startServer, temporaryFolder } from './measure.ts';

const RUNS = 5;
/** Of the installed packages, what the target does not count: Node itself, the model, and caches. */
const NOT_COUNTED = /node_modules\/(\.cache|\.bin|node-(linux|darwin)|@energetic-ai\/model)/;

/** Folders of packages that only development needs, as the lock file says. */
function developmentFolders(): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { dev?: boolean }> };
  return new Set(Object.keys(packages).filter((path) => packages[path]?.dev));
}

function isCounted(development: ReadonlySet<string>, path: string): boolean {
  const [, folder = ''] = /^(node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return !NOT_COUNTED.test(path) && !development.has(folder);
}

/** From the command to the ready line, on data that is there; then memory once it is idle. */
export async function run(): Promise<Row[]> {
  using folder = temporaryFolder();
  const data = `${folder.path}/data`;
  await (await startServer(data)).stop();
  const wall: number[] = [];
  const cpu: number[] = [];
  let idleMb = 0;
  const development = developmentFolders();
  for (let n = 0; n < RUNS; n++) {
    await using server = await startServer(data);
    cpu.push(accountOf(server.pid).cpuMs / 1_000);
    wall.push(server.readyMs / 1_000);
    if (n < RUNS - 1) continue;
    await sleep(10_000);
    idleMb = accountOf(server.pid).pssMb;
  }
  return [
    { name: 'start to ready', value: median(wall), unit: 's' },
    { name: 'start to ready, processor', value: median(cpu), unit: 'CPU-s' },
    { name: 'idle memory', value: idleMb, unit: 'MB' },
    { name: 'installed size, production', value: folderMb('node_modules', (path) => isCounted(development, path)), unit: 'MB' },
    { name: 'processors', value: Number(readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? 0), unit: '' },
  ];
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
