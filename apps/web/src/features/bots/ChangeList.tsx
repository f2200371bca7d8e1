import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { modelName } from '../../parts/model-name.ts';
import { knowledgeListQuery, modelsQuery, type Place } from '../../queries.ts';
import { type Change, type ChangeWords, describeValue, fieldName } from './change-words.ts';

/** A difference of two versions in words: the field, what it was, what it is. */
export function ChangeList({ changes, place }: { changes: readonly Change[]; place: Place }) {
  const { t, formats } = useTexts();
  const bases = useQuery(knowledgeListQuery(place)).data ?? [];
  const models = useQuery(modelsQuery(place.org)).data ?? [];
  const words: ChangeWords = {
    t,
    list: formats.list,
    names: new Map<string, string>([...bases, ...models].map(({ id, name }) => [id, modelName(t, { id, name })])),
  };
  if (changes.length === 0) return <p className="text-body text-muted">{t('bots.noChanges')}</p>;
  return (
    <dl className="flex flex-col gap-3">
      {changes.map((change) => (
        <div key={change.field} className="grid gap-1 rounded-control border border-line p-2">
          <dt className="text-dense font-medium">{fieldName(t, change.field)}</dt>
          <dd dir="auto" className="text-body whitespace-pre-wrap text-muted line-through">
            <span className="sr-only">{t('bots.before')} </span>
            {describeValue(words, change.field, change.before)}
          </dd>
          <dd dir="auto" className="text-body whitespace-pre-wrap">
            <span className="sr-only">{t('bots.after')} </span>
            {describeValue(words, change.field, change.after)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
