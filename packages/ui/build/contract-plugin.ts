/**
 * The Vite plugin that leaves out of the contract what only servers and documents read: sentences, limits, lists of failures, and
 * the schemas of what is sent, which the server checks. They are more than half of it. Answers are checked by the app as well.
 */
import type { Plugin } from 'vite';

/** A field of an endpoint, as the formatter writes it: what follows it lies deeper, or closes it. */
const FIELD = /^ {4}(summary|rate|audit|fresh|failures|params|query|body):[^\n]*(?:\n(?: {5,}[^\n]*| {4}[)\]}][^\n]*|(?=\n)))*/gm;

/** A schema of its own: told to be without effects, it goes where nothing reads it any more. */
const SCHEMA = /^((?:export )?const \w+ = )((?:z|idSchema|pageOf|In[A-Z]\w*|Name|Page)\b[\s\S]*?);$(?=\n(?:\n|\S)|\n?$(?![\s\S]))/gm;

export function contractForCallers(): Plugin {
  return {
    name: 'privexbot-contract-for-callers',
    enforce: 'pre',
    transform: (code, id) => (/packages\/contract\/src\/[\w-]+\.ts$/.test(id) ? { code: leaveOutUnread(code), map: null } : null),
  };
}

/** The source of a contract module without what no caller reads, on the same lines. */
export function leaveOutUnread(code: string): string {
  return code
    .replace(/^ {2}\w+: endpoint\(\{\n[\s\S]*?^ {2}\}\),$/gm, (endpoint) =>
      // Callers need to know that there is a body.
      endpoint.replace(FIELD, (field, name: string) => (name === 'body' ? '    body: true,' : '') + field.replace(/[^\n]/g, '')),
    )
    .replace(SCHEMA, '$1/* @__PURE__ */ (() => $2)();');
}
