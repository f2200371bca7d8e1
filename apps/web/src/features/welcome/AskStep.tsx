import type { OrgId } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { documentsQuery, passagesQuery } from '../../queries.ts';
import { BotPreview } from '../bots/BotPreview.tsx';
import { useDraft } from '../bots/use-draft.ts';
import { DocumentRow } from '../knowledge/DocumentRow.tsx';
import { UploadList } from '../knowledge/UploadList.tsx';
import { topicsOf } from './topics.ts';
import type { Made } from './Welcome.tsx';

/** Reading goes on while the first questions are asked: what has been read so far can already be answered from. */
export function AskStep({ target, made, onDone }: { target: { org: OrgId; workspace: string }; made: Made; onDone: () => void }) {
  const t = useText();
  const params = { ...target, knowledge: made.base };
  const draft = useDraft(target, made.bot);
  const documents = useInfiniteQuery(documentsQuery(params)).data?.pages.flatMap((page) => page.items) ?? [];
  const readable = documents.find((document) => document.passages > 0);
  const passages = useQuery({ ...passagesQuery({ ...params, document: readable?.id ?? '' }, 0), enabled: readable !== undefined }).data;

  // Suggested once, from the first document that can be read; the person may change them later.
  const suggested = useRef(false);
  const { change } = draft;
  useEffect(() => {
    if (suggested.current || !passages || !readable) return;
    suggested.current = true;
    const topics = topicsOf(passages.items);
    const questions = topics.length
      ? topics.map((topic) => (topic.endsWith('?') ? topic : t('welcome.askAbout', { topic })))
      : [t('welcome.askWhat', { document: readable.name })];
    change({ suggestedQuestions: questions.map((question) => question.slice(0, 200)) });
  }, [passages, readable, t, change]);

  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <div className="flex min-w-0 flex-col gap-4">
        <p className="text-reading text-muted">{readable ? t('welcome.askText') : t('welcome.readingText')}</p>
        <UploadList knowledge={made.base} />
        <ul className="divide-y divide-line rounded-card border border-line bg-surface empty:hidden">
          {documents.map((document) => (
            <DocumentRow key={document.id} document={document} params={params} />
          ))}
        </ul>
        <Button variant="primary" className="self-start" onClick={onDone}>
          {t('welcome.toShare')}
        </Button>
      </div>
      <BotPreview draft={draft} place={target} />
    </div>
  );
}
