/** Saved evidence, as a person hands it to `privexbot verify-evidence`: a verdict, or word that it is no such file. */
import { BundleError, openEnclave, verifyBundle } from '../packages/sdk/src/index.ts';
import { openSimulatedEnclave } from '../packages/sdk/src/simulated-enclave.fixture.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateJson } from './mutate-text.ts';
import type { Target } from './target.ts';

export async function hostileBundles(): Promise<Target[]> {
  using enclave = await openSimulatedEnclave();
  const { url, anchors, transport, now } = enclave;
  using connection = openEnclave({ url, anchors, transport, now, allowSimulated: true });
  const { release } = await connection.check();
  const bundle = connection.evidence();
  return [
    {
      name: 'evidence bundles',
      async run(_, random) {
        const part = random.pick(['hello', 'answer'] as const);
        const changed = random.oneIn(3)
          ? JSON.parse(mutateJsonOrKeep(JSON.stringify(bundle), random))
          : { ...bundle, [part]: Buffer.from(mutateBytes(Buffer.from(bundle[part], 'base64url'), random)).toString('base64url') };
        try {
          const verdict = await verifyBundle(changed, { anchors, allowSimulated: true });
          if (verdict.verdict === 'not-verified' || verdict.release?.digest === release?.digest) return undefined;
          return `accepted with release ${verdict.release?.digest}`;
        } catch (error) {
          if (error instanceof BundleError) return undefined;
          throw error;
        }
      },
    },
  ];
}

/** Whoever reads the file has parsed it. */
function mutateJsonOrKeep(text: string, random: Parameters<Target['run']>[1]): string {
  const changed = mutateJson(text, random);
  try {
    JSON.parse(changed);
    return changed;
  } catch {
    return text;
  }
}
