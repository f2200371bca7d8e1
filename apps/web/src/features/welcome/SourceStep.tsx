import type { KnowledgeBaseId, OrgId } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextArea } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { DropZone } from '../knowledge/DropZone.tsx';
import { useUploads } from '../knowledge/UploadsContext.tsx';
import { readSource } from './read-source.ts';
import type { Made } from './Welcome.tsx';

interface Target {
  org: OrgId;
  workspace: string;
}

/** One box that takes an address or text, files beside it, and a sample for those who only look. */
export function SourceStep({ target, organization, onDone }: { target: Target; organization: string; onDone: (made: Made) => void }) {
  const t = useText();
  const queryClient = useQueryClient();
  const { uploads } = useUploads();
  const [text, setText] = useState('');
  // Made once, also when adding the first source fails and is tried again.
  const made = useRef<Made>(undefined);

  async function make(): Promise<Made> {
    if (made.current) return made.current;
    const client = await api();
    const base = await client.knowledge.create({ params: target, body: { name: t('welcome.baseName') } });
    const bot = await client.bots.create({
      params: target,
      body: { name: t('welcome.botName', { organization }), knowledgeBases: [base.id] },
    });
    made.current = { base: base.id, bot };
    return made.current;
  }
  const begin = useMutation({
    mutationFn: async (add: (base: KnowledgeBaseId) => unknown) => {
      const done = await make();
      await add(done.base);
      return done;
    },
    onSuccess: async (done) => {
      await queryClient.invalidateQueries();
      onDone(done);
    },
  });
  const source = readSource(text);

  return (
    <div className="flex max-w-2xl flex-col gap-5">
      <p className="text-reading text-muted">{t('welcome.sourcesText')}</p>
      <DropZone
        onFiles={(files) => {
          if (files.length) begin.mutate((knowledge) => uploads.add({ ...target, knowledge }, files));
        }}
      />
      <form
        className="flex flex-col items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!source) return;
          const body = source.source === 'paste' ? { ...source, title: source.title || t('welcome.pasted') } : source;
          begin.mutate(async (knowledge) => (await api()).knowledge.add({ params: { ...target, knowledge }, body }));
        }}
      >
        <div className="w-full">
          <TextArea
            label={t('welcome.box')}
            help={t('welcome.boxHelp')}
            rows={4}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" busy={begin.isPending} disabledReason={source ? undefined : t('welcome.addFirst')}>
            {t('welcome.continue')}
          </Button>
          <Button
            busy={begin.isPending}
            onClick={() => {
              const sample = new File([t('sample.text')], `${t('sample.title')}.md`, { type: 'text/markdown' });
              begin.mutate((knowledge) => uploads.add({ ...target, knowledge }, [sample]));
            }}
          >
            {t('welcome.sample')}
          </Button>
        </div>
      </form>
      {begin.error && <ErrorNote title={t('knowledge.notAdded')} failure={toFailure(begin.error)} />}
    </div>
  );
}
