// A verdict in words, for a terminal.
import { type Check, type EnvironmentVerdict, LIMITS, type SignerTrust, type Tee } from '@privexbot/attestation';
import type { AssetsCheck } from './assets.ts';

/** A verdict with the checks that only this program makes. */
export type Judged = Omit<EnvironmentVerdict, 'checks'> & { readonly checks: readonly (Check | AssetsCheck)[] };

const VERDICTS: Record<EnvironmentVerdict['verdict'], string> = {
  verified: '✓ Verified',
  'verified-with-warnings': '! Verified with warnings',
  simulated: '! Simulated: no protected hardware answers. It protects nothing',
  'not-verified': '× Not verified. Do not send anything there',
};

const MARKS: Record<Check['status'], string> = { passed: '✓', warned: '!', failed: '×', unknown: '×' };

const MACHINES: Record<Tee, string> = { tdx: 'Intel TDX', sgx: 'Intel SGX', 'sev-snp': 'AMD SEV-SNP', nitro: 'AWS Nitro' };

const TRUST: Record<SignerTrust, string> = {
  'built-in': 'whose key this program holds',
  pinned: 'whose key was pinned',
  named: 'which the environment itself names',
};

/** @param checkedBy who looked, and when */
export function describeVerdict(judged: Judged, place: string, checkedBy: string): string {
  const { checks, limits } = judged;
  return [
    `${VERDICTS[judged.verdict]}.  ${place}`,
    `${checkedBy}${judged.validUntil ? ` Valid until ${judged.validUntil}.` : ''}`,
    '',
    ...checks.flatMap(describeCheck),
    '',
    ...facts(judged).map(([name, value]) => `${name.padEnd(15)}${value}`),
    ...(limits.length > 0 ? ['', 'Not proven:', ...limits.map((id) => `- ${LIMITS[id]}`)] : []),
  ].join('\n');
}

function describeCheck({ title, status, explain, expected, actual }: Check | AssetsCheck): string[] {
  const lines = [`${MARKS[status]} ${title}${status === 'unknown' ? ' (could not be looked at)' : ''}`];
  if (explain) lines.push(`    ${explain}`);
  if (status !== 'passed' && expected) lines.push(`    expected  ${expected}`);
  if (status !== 'passed' && actual) lines.push(`    found     ${actual}`);
  return lines;
}

function facts({ tee, machine, anchor, tcb, release, environment, models, settings }: Judged): [string, string][] {
  const { id, identityKey, identityFingerprint } = environment;
  const rows: [string, string | undefined][] = [
    ['Environment', id],
    ['Identity key', identityKey && `${identityKey}  (${identityFingerprint})`],
    ['Machine', tee && `${MACHINES[tee]}${machine ? `, ${machine}` : ''}${anchor ? `, vouched for by ${anchor}` : ''}`],
    ['Firmware', tcb && `${tcb.status}, as of ${tcb.date}${tcb.advisories.length ? `; ${tcb.advisories.join(', ')}` : ''}`],
    ['Release', release && `${release.name} ${release.version} of ${release.date}, ${release.sourceUrl}`],
    ['Log', release && `${release.signer}, ${TRUST[release.signerTrust]}; entry ${release.logIndex + 1} of ${release.logSize}`],
    ['Models inside', models.length > 0 ? models.map(({ name, sha256 }) => `${name} (SHA-256 ${sha256})`).join(', ') : undefined],
    [
      'Settings',
      settings &&
        Object.entries(settings)
          .map(([name, value]) => `${name}=${value}`)
          .join(', '),
    ],
  ];
  return rows.flatMap(([name, value]) => (value ? [[name, value] as [string, string]] : []));
}
