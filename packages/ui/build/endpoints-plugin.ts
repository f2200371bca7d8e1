/** The Vite plugin that leaves of one feature's endpoints only what a call needs, without the schemas: those weigh more than the rest of a visitor's page. */
import { type Contract, contract } from '@privexbot/contract';
import type { Plugin } from 'vite';

const MODULE = 'virtual:endpoints';

/**
 * Serves `virtual:endpoints`, made from the same values that the server reads. Answers are taken as they come: they were sealed by
 * an enclave that this page verified, and are shown as text only.
 */
export function endpoints(feature: keyof Contract): Plugin {
  return {
    name: 'privexbot-endpoints',
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
    load(id) {
      if (id !== `\0${MODULE}`) return null;
      const left = Object.entries(contract[feature]).map(([name, endpoint]) => {
        const { method, path, body, response, events } = endpoint as { method: string; path: string } & Record<string, unknown>;
        const parts = [body && 'body: true', response && 'response: as', events && 'events: as'].filter(Boolean);
        return `${name}: { ${[`method: '${method}'`, `path: '${path}'`, ...parts].join(', ')} }`;
      });
      return `const as = { parse: (value) => value };\nexport const endpoints = { ${left.join(', ')} };\n`;
    },
  };
}
