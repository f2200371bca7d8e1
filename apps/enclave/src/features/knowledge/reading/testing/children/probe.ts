// A child that tries what a reader must not be able to do, and reports each thing that worked as a page.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { encodeFrame } from '../../frames.ts';

const attempts = [
  () => readFileSync('/etc/hostname'),
  () => readFileSync('/proc/self/environ'),
  () => writeFileSync('/tmp/reader-probe', 'x'),
  () => execFileSync('true'),
  () => new Worker('1', { eval: true }),
  () => new Function('return 1')(),
  () => {
    if (Object.keys(process.env).length === 0) throw new Error('nothing to see');
  },
];
let allowed = 0;
for (const attempt of attempts) {
  try {
    attempt();
    allowed++;
  } catch {
    // refused, as it should be
  }
}
process.stdout.write(encodeFrame({ type: 'failed', code: 'corrupt', params: { pages: allowed } }), () => process.exit());
