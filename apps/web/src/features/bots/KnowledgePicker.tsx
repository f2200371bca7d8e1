import type { KnowledgeBaseId } from '@privexbot/contract';
import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Loaded } from '../../parts/Loaded.tsx';
import { knowledgeListQuery, type Place } from '../../queries.ts';

/** Which knowledge bases a bot answers from. */
export function KnowledgePicker({
  place,
  chosen,
  disabled,
  onChange,
}: {
  place: Place;
  chosen: readonly KnowledgeBaseId[];
  disabled: boolean;
  onChange: (chosen: KnowledgeBaseId[]) => void;
}) {
  const t = useText();
  const query = useQuery(knowledgeListQuery(place));
  return (
    <Loaded query={query} failed={t('knowledge.loadFailed')}>
      {(bases) => (
        <div className="flex flex-col items-start gap-3">
          {bases.length === 0 && <p className="text-body text-muted">{t('bots.noKnowledge')}</p>}
          {bases.map((base) => (
            <Checkbox
              key={base.id}
              label={<bdi>{base.name}</bdi>}
              description={t('knowledge.counts', { documents: base.documents, passages: base.passages })}
              checked={chosen.includes(base.id)}
              disabled={disabled}
              onCheckedChange={(checked) => onChange(checked ? [...chosen, base.id] : chosen.filter((id) => id !== base.id))}
            />
          ))}
          <Link to="/o/$org/w/$workspace/knowledge" params={place} className={buttonClass({ size: 'sm' })}>
            {t('bots.addKnowledge')}
          </Link>
        </div>
      )}
    </Loaded>
  );
}
