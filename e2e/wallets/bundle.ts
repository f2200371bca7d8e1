import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The wallets as one script for pages. @param person whose keys they have */
export async function bundleWallets(person: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL('injected.ts', import.meta.url)), formats: ['iife'], name: 'wallets' },
    },
  });
  const [output] = [built].flat();
  if (!output || !('output' in output)) throw new Error('the wallets were not built');
  return `globalThis.walletsFor = ${JSON.stringify(person)};\n${output.output[0].code}`;
}
