// `npm run bench [-- NAME[/PART]...]`: runs each `*.bench.ts` in a process of its own, keeps the results with date, commit and load, and prints them against the targets.
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { basename } from 'node:path';
import type { Row } from './measure.ts';
import { TARGETS } from './targets.ts';

const asked = process.argv.slice(2);
if (asked[0] === '--one') {
  const { run } = (await import(`./${asked[1]}.bench.ts`)) as { run(part?: string): Promise<Row[]> };
  writeFileSync(process.env.PRIVEXBOT_BENCH_OUT ?? '', JSON.stringify(await run(asked[2])));
  process.exit(0);
}

const names = globSync('bench/*.bench.ts')
  .map((path) => basename(path, '.bench.ts'))
  .sort();
const runs = (asked.length ? asked : names).map((one) => one.split('/')).filter(([name = '']) => names.includes(name));
if (runs.length === 0) throw new Error(`No benchmark is named ${asked.join(', ')}.`);
mkdirSync('bench/results', { recursive: true });
const out = 'bench/results/.one.json';
const rows: (Row & { bench: string })[] = [];
let failed = 0;
for (const [name = '', part] of runs) {
  console.log(`${[name, part].filter(Boolean).join('/')} ...`);
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'bench/run.ts', '--one', name, ...(part ? [part] : [])],
    {
      env: { ...process.env, PRIVEXBOT_BENCH_OUT: out },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) failed++;
  else rows.push(...(JSON.parse(readFileSync(out, 'utf8')) as Row[]).map((row) => ({ bench: name, ...row })));
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const when = new Date().toISOString();
const machine = {
  processors: cpus().length,
  model: cpus()[0]?.model ?? '',
  load: loadavg().map((value) => Number(value.toFixed(2))),
  node: process.version,
};
writeFileSync(`bench/results/${when.slice(0, 10)}-${commit}.json`, `${JSON.stringify({ when, commit, machine, rows }, null, 1)}\n`);

console.log(`\n${when}, commit ${commit}, ${machine.processors} processors, load ${machine.load.join(' ')}\n`);
console.log('| what | measured | target | |\n| --- | --- | --- | --- |');
for (const { name, value, unit } of rows) {
  const target = TARGETS[name];
  const held = target && (target.atMost !== undefined ? value <= target.atMost : value >= (target.atLeast ?? 0));
  const wanted = target ? (target.atMost !== undefined ? `<= ${target.atMost}` : `>= ${target.atLeast}`) : '';
  console.log(`| ${name} | ${round(value)} ${unit} | ${wanted} | ${target ? (held ? 'reached' : 'not reached') : ''} |`);
}
process.exit(failed ? 1 : 0);

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
