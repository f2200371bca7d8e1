import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findChromium } from '../../packages/testing/src/chromium.ts';
import { type Run, runCommand } from './processes.ts';
import type { Outcome } from './stages.ts';

type Use = 'tests' | 'journeys';

/**
 * Programs that tests need and npm can't bring: the journeys' browser, the TPM and the token that root keys are tried against, and the
 * directories that people sign in with.
 */
const TOOLS: readonly { name: string; debianPackage: string; use: Use; isThere: () => boolean }[] = [
  { name: 'Chromium', use: 'journeys', debianPackage: 'chromium', isThere: () => findChromium() !== undefined },
  { name: 'swtpm', use: 'tests', debianPackage: 'swtpm', isThere: () => isProgram('swtpm') },
  { name: 'tpm2-tools', use: 'tests', debianPackage: 'tpm2-tools', isThere: () => isProgram('tpm2_nvreadpublic') },
  { name: 'SoftHSM2', use: 'tests', debianPackage: 'softhsm2', isThere: () => isProgram('softhsm2-util') },
  { name: 'pkcs11-tool', use: 'tests', debianPackage: 'opensc', isThere: () => isProgram('pkcs11-tool') },
  { name: 'OpenSSL', use: 'tests', debianPackage: 'openssl', isThere: () => isProgram('openssl') },
  { name: 'slapd', use: 'tests', debianPackage: 'slapd', isThere: () => existsSync('/usr/sbin/slapd') },
  { name: 'ldap-utils', use: 'tests', debianPackage: 'ldap-utils', isThere: () => isProgram('ldapmodify') },
  { name: 'xmlsec1', use: 'tests', debianPackage: 'xmlsec1', isThere: () => isProgram('xmlsec1') },
  { name: 'pysaml2', use: 'tests', debianPackage: 'python3-pysaml2', isThere: () => existsSync('/usr/lib/python3/dist-packages/saml2') },
];

function isProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** Installs what is missing (on Debian, as root), or says what to install. */
export async function installTools(run: Run, use: Use): Promise<Outcome[]> {
  const tools = TOOLS.filter((tool) => tool.use === use);
  const missing = () => tools.filter(({ isThere }) => !isThere());
  if (missing().length && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const withoutQuestions = { ...run, env: { ...run.env, DEBIAN_FRONTEND: 'noninteractive' } };
    const packages = missing().map(({ debianPackage }) => debianPackage);
    const aptGet = (...args: string[]) => runCommand(withoutQuestions, 'apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args]);
    await aptGet('update');
    await aptGet('install', '-y', '--no-install-recommends', ...packages);
  }
  const stillMissing = new Set(missing());
  return tools.map((tool): Outcome => {
    const name = `${tool.name} is installed`;
    if (!stillMissing.has(tool)) return { name, result: 'passed' };
    return { name, result: 'failed', why: `install it (on Debian: apt-get install ${tool.debianPackage}) and run this again` };
  });
}
