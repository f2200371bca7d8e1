import { existsSync } from 'node:fs';
import { findChromium } from '../../packages/testing/src/chromium.ts';
import { type Run, runCommand } from './processes.ts';
import type { Outcome } from './stages.ts';

/** Programs that journeys need and npm can't bring. */
const TOOLS = [{ name: 'Chromium', debianPackage: 'chromium', isThere: () => findChromium() !== undefined }];

/** Installs what is missing (on Debian, as root), or says what to install. */
export async function installTools(run: Run): Promise<Outcome[]> {
  const missing = () => TOOLS.filter(({ isThere }) => !isThere());
  if (missing().length && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const withoutQuestions = { ...run, env: { ...run.env, DEBIAN_FRONTEND: 'noninteractive' } };
    const packages = missing().map(({ debianPackage }) => debianPackage);
    const aptGet = (...args: string[]) => runCommand(withoutQuestions, 'apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args]);
    await aptGet('update');
    await aptGet('install', '-y', '--no-install-recommends', ...packages);
  }
  const stillMissing = new Set(missing());
  return TOOLS.map((tool): Outcome => {
    const name = `${tool.name} is installed`;
    if (!stillMissing.has(tool)) return { name, result: 'passed' };
    return { name, result: 'failed', why: `install it (on Debian: apt-get install ${tool.debianPackage}) and run this again` };
  });
}
