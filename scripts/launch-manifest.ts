// Prints the launch manifest for the settings in the environment: write it to /etc/privexbot/launch.json of an image. Which digest to start the machine with is said on stderr.
import { createHash } from 'node:crypto';
import { readConfig } from '../apps/enclave/src/config.ts';
import { draftLaunch } from '../apps/enclave/src/launch.ts';
import { makeLaunchManifest } from '../apps/enclave/src/providers/tee/launch-manifest.ts';
import { StartProblem } from '../apps/enclave/src/start-problem.ts';

try {
  const settings = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PRIVEXBOT_|DATABASE_|NODE_OPTIONS$)/.test(name)));
  const config = readConfig(settings, draftLaunch(settings));
  const manifest = makeLaunchManifest({ ...config, launchManifest: undefined });
  process.stdout.write(manifest);
  const digest = (algorithm: string) => createHash(algorithm).update(manifest).digest('hex');
  console.error(`MRCONFIGID of a TD (SHA-384): ${digest('sha384')}\nHOST_DATA of a SEV-SNP guest (SHA-256): ${digest('sha256')}`);
} catch (error) {
  if (!(error instanceof StartProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
