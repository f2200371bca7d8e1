// Looks into built files for anything that would let a client take a simulation, or a root of somebody's own, for real hardware.
import { createHash, X509Certificate } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VENDOR_ROOT_HASHES } from '../packages/attestation/src/anchor-hashes.ts';

export interface Inspection {
  /** What was looked at. */
  readonly files: number;
  readonly certificates: number;
  readonly problems: readonly string[];
}

/** What is built for others. */
export const PRODUCTION_FOLDERS = ['apps/web/dist', 'apps/widget/dist', 'packages/sdk/dist', 'apps/cli/dist'] as const;

/** A certificate in base64: in one piece, or in the lines of a PEM text, whose ends may be written as escapes. */
const BASE64_DER = /MII(?:[A-Za-z0-9+/]|\\[nr]|\s){200,}={0,2}/g;

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/INSECURE SIMULATION/, 'names the simulation’s authority'],
  [/isSimulation['"]?\s*:\s*(?:true|!0)/, 'can make a development root'],
  [/__PRIVEXBOT_SIMULATION_ROOTS__/, 'was not told which build it is'],
  [/Simulated (?:SGX|Nitro|ARK|SEV)/, 'can make a simulated machine'],
];

/** Every file below the folders. A folder without files is a problem as well: nothing would have been looked at. */
export function inspectProductionFiles(folders: readonly string[]): Inspection {
  const known = new Set(Object.values(VENDOR_ROOT_HASHES));
  const problems: string[] = [];
  let files = 0;
  let certificates = 0;
  for (const folder of folders) {
    const paths = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
    if (paths.length === 0) problems.push(`${folder}: there are no files`);
    for (const { parentPath, name } of paths) {
      const path = join(parentPath, name);
      const content = readFileSync(path, 'latin1');
      files++;
      for (const [pattern, what] of FORBIDDEN) if (pattern.test(content)) problems.push(`${path}: ${what}`);
      for (const der of certificatesIn(content)) {
        certificates++;
        if (!known.has(createHash('sha256').update(der).digest('hex')))
          problems.push(
            `${path}: holds a certificate that is no vendor’s root: ${new X509Certificate(der).subject.replaceAll('\n', ', ')}`,
          );
      }
    }
  }
  return { files, certificates, problems };
}

function certificatesIn(content: string): Uint8Array[] {
  return Array.from(content.matchAll(BASE64_DER), ([text]) => Buffer.from(text.replace(/\\[nr]|\s/g, ''), 'base64')).flatMap((der) => {
    try {
      return [new X509Certificate(der).raw];
    } catch {
      return []; // some other structure
    }
  });
}
