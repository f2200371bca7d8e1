import type { Entry } from './entries.ts';

/** ArcSight Common Event Format, version 0. */
const DEVICE = 'CEF:0|PrivexBot|PrivexBot|1';
const SEVERITY = { ordinary: 3, refused: 6, forged: 9 } as const;

/** One event, without the end of the line. */
export function cefLine(org: string, { writer, sequence, at, record }: Entry, name: string | undefined): string {
  const { action, actor, target, facts = {} } = record;
  const isRefused = action.startsWith('refused.') || action.endsWith('_refused') || action.endsWith('.refused');
  const severity = action === 'refused.integrity_failed' ? SEVERITY.forged : isRefused ? SEVERITY.refused : SEVERITY.ordinary;
  const fields: [string, string][] = [
    ['rt', String(at.getTime())],
    ['externalId', `${writer}/${sequence}`],
    ['suid', actor],
    ...(name === undefined ? [] : ([['suser', name]] satisfies [string, string][])),
    ['outcome', isRefused ? 'failure' : 'success'],
    ['cs1Label', 'organization'],
    ['cs1', org],
    ...(target === undefined
      ? []
      : ([
          ['cs2Label', 'target'],
          ['cs2', target],
        ] satisfies [string, string][])),
    ['cs3Label', 'facts'],
    ['cs3', JSON.stringify(facts)],
  ];
  const extension = fields.map(([key, value]) => `${key}=${escapeValue(value)}`).join(' ');
  return `${DEVICE}|${escapeHeader(action)}|${escapeHeader(action)}|${severity}|${extension}`;
}

/** In the header `|` ends a field; nothing there may end the line. */
function escapeHeader(text: string): string {
  return text.replace(/[\\|]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}

function escapeValue(text: string): string {
  return text.replace(/[\\=]/g, '\\$&').replace(/\r\n?|\n/g, '\\n');
}
