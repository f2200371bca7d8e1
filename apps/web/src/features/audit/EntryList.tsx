import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId, type Translate } from '@privexbot/ui/text/texts.ts';
import { actionMessage } from './action-words.ts';
import { factsInWords } from './fact-words.ts';

export type Entry = Output<(typeof contract)['audit']['list']>['items'][number];

/** Entries, newest first; each opens to its facts. */
export function EntryList({
  entries,
  onNarrow,
}: {
  entries: readonly Entry[];
  onNarrow: (to: { actor: string } | { target: string }) => void;
}) {
  const { t, formats } = useTexts();
  return (
    <ul aria-label={t('nav.audit')} className="divide-y divide-line rounded-card border border-line bg-surface">
      {entries.map((entry) => {
        const known = actionMessage(entry.action);
        const told = factsInWords(t, entry.facts);
        const refused = entry.action.startsWith('refused.');
        return (
          <li key={`${entry.writer}-${entry.sequence}`}>
            <details className="group">
              <summary className="control flex flex-wrap items-center gap-x-4 gap-y-0.5 px-3 py-2 -outline-offset-2">
                <time dateTime={entry.at} className="w-40 shrink-0 text-dense text-muted tabular-nums">
                  {formats.dateTime(entry.at)}
                </time>
                <span className={`min-w-0 flex-1 basis-40 font-medium ${refused ? 'text-danger' : ''}`}>
                  {known ? t(known) : <code className="font-mono text-dense">{entry.action}</code>}
                  {told.length > 0 && <span className="font-normal text-muted"> · {told.join(' · ')}</span>}
                </span>
                <bdi className="min-w-0 truncate text-dense text-muted">{actorOf(t, entry)}</bdi>
              </summary>
              <dl
                dir="ltr"
                className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t border-line bg-sunken px-3 py-2 font-mono text-dense break-all"
              >
                {facts(entry).map(([name, value]) => (
                  <div key={name} className="contents">
                    <dt className="text-muted">{name}</dt>
                    <dd>{String(value)}</dd>
                  </div>
                ))}
              </dl>
              <div className="flex flex-wrap gap-2 bg-sunken px-3 pb-3">
                <Button size="sm" onClick={() => onNarrow({ actor: entry.actorId })}>
                  {t('audit.onlyActor')}
                </Button>
                {entry.target && (
                  <Button size="sm" onClick={() => onNarrow({ target: entry.target ?? '' })}>
                    {t('audit.onlyTarget')}
                  </Button>
                )}
              </div>
            </details>
          </li>
        );
      })}
    </ul>
  );
}

/** Who has no name, by what stands in the log. */
const NAMELESS: ReadonlyMap<string, MessageId> = new Map([
  ['system', messageId('audit.actor.system')],
  ['visitor', messageId('audit.actor.visitor')],
  ['set-up link', messageId('audit.actor.link')],
]);

/** A name, which is the same in all languages, or words for whoever has none. */
function actorOf(t: Translate, { actor, actorId }: Entry): string {
  const words = NAMELESS.get(actorId);
  return words ? t(words) : actor;
}

function facts({ action, actorId, target, writer, sequence, at, facts: more }: Entry): [string, string | number | boolean][] {
  return [
    ['action', action],
    ['actor', actorId],
    ...(target ? ([['target', target]] as const) : []),
    ['at', at],
    ['writer', writer],
    ['sequence', sequence],
    ...Object.entries(more),
  ] as [string, string | number | boolean][];
}
