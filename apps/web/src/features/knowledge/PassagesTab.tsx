import { Select } from '@privexbot/ui/base/Field.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { documentsQuery, type InKnowledge } from '../../queries.ts';
import { PassageList } from './PassageList.tsx';

/** The passages of one document after another, chosen by name. */
export function PassagesTab({ params }: { params: InKnowledge }) {
  const t = useText();
  const query = useInfiniteQuery(documentsQuery(params));
  const [chosen, setChosen] = useState<string>();
  return (
    <Loaded query={query} failed={t('knowledge.documentsFailed')}>
      {({ pages }) => {
        const documents = pages.flatMap((page) => page.items).filter((document) => document.passages > 0);
        const shown = documents.find((document) => document.id === chosen) ?? documents[0];
        if (!shown) return <EmptyState title={t('knowledge.noPassages')}>{t('knowledge.noPassagesText')}</EmptyState>;
        return (
          <div className="flex flex-col gap-4">
            <div className="max-w-md">
              <Select
                label={t('knowledge.document')}
                value={shown.id}
                options={documents.map(({ id, name }) => ({ value: id, label: name }))}
                onValueChange={setChosen}
              />
            </div>
            <PassageList key={shown.id} params={{ ...params, document: shown.id }} />
          </div>
        );
      }}
    </Loaded>
  );
}
