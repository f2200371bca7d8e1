import type { ChannelWorker } from './open-line.ts';

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/**
 * Starts the module worker at `url`, which must be the one that this build made. Chromium takes no plain text here: the page's
 * content policy allows the one policy of this name, and the policy lets this one address through.
 */
export function workerSpawner(url: string): () => ChannelWorker {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('privexbot-worker', {
    createScriptURL(wanted) {
      if (wanted !== url) throw new TypeError('not a worker of this page');
      return wanted;
    },
  });
  return () => new Worker(policy ? policy.createScriptURL(url) : url, { type: 'module', name: 'channel' });
}
