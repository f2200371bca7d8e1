/** The Vite plugin that leaves of endpoints only what a call needs, without the schemas: those weigh more than the rest of a page. */
import { type Contract, contract, type Endpoint } from '@privexbot/contract';
import type { Plugin } from 'vite';

const MODULE = 'virtual:endpoints';

/**
 * Serves `virtual:endpoints`, by feature, made from the same values that the server reads. Answers are taken as they come: they
 * were sealed by an enclave that this page verified, and are shown as text only.
 * @param features those that the bundle calls; all of them unless given
 */
export function endpoints(features = Object.keys(contract) as (keyof Contract)[]): Plugin {
  return {
    name: 'privexbot-endpoints',
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
    load(id) {
      if (id !== `\0${MODULE}`) return null;
      const left = features.map((feature) => `${feature}: { ${Object.entries<Endpoint>(contract[feature]).map(toSource).join(', ')} }`);
      return `const as = { parse: (value) => value };\nexport const endpoints = { ${left.join(', ')} };\n`;
    },
  };
}

function toSource([name, { method, path, body, binary, response, events, download }]: [string, Endpoint]): string {
  const parts = [
    body && 'body: 1',
    binary && 'binary: 1',
    response && 'response: as',
    events && 'events: as',
    download && 'download: true',
  ].filter(Boolean);
  return `${name}: { ${[`method: '${method}'`, `path: '${path}'`, ...parts].join(', ')} }`;
}
