import { readFileSync } from 'node:fs';
import { accountOf, folderMb, type Row, sleep, startServer, temporaryFolder } from './measure.ts';

const RUNS = 5;
/** Of the installed packages, what only development needs. */
const DEVELOPMENT =
  /node_modules\/(\.cache|\.bin|node-(linux|darwin)|typescript|@typescript|@biomejs|vite|vitest|@vitest|rolldown|@rolldown|playwright-core|axe-core|knip|openai|smtp-server|fast-check|tailwindcss|@tailwindcss|lightningcss|@types|@energetic-ai\/model)/;

/** From the command to the ready line, on data that is there; then memory once it is idle. */
export async function run(): Promise<Row[]> {
  using folder = temporaryFolder();
  const data = `${folder.path}/data`;
  await (await startServer(data)).stop();
  const wall: number[] = [];
  const cpu: number[] = [];
  let idleMb = 0;
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
    { name: 'installed size, production', value: folderMb('node_modules', DEVELOPMENT), unit: 'MB' },
    { name: 'processors', value: Number(readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? 0), unit: '' },
  ];
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
