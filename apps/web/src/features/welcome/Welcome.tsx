import type { Bot, KnowledgeBaseId } from '@privexbot/contract';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { useOrganization, usePlace } from '../../session/session.ts';
import { AskStep } from './AskStep.tsx';
import { ShareStep } from './ShareStep.tsx';
import { SourceStep } from './SourceStep.tsx';

const STEPS = ['sources', 'ask', 'share'] as const;

/** What was made on the way: a knowledge base and a bot that answers from it. */
export interface Made {
  base: KnowledgeBaseId;
  bot: Bot;
}

/** From nothing to an answering bot in three steps; any of them can be skipped and is reachable later. */
export function Welcome() {
  const t = useText();
  return (
    <Guarded permission="bots.edit" title={t('welcome.title.sources')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const place = usePlace();
  const organization = useOrganization();
  const [step, setStep] = useState<(typeof STEPS)[number]>('sources');
  const [made, setMade] = useState<Made>();
  const target = { org: organization.id, workspace: place.workspace };
  return (
    <Page
      title={t(`welcome.title.${step}`)}
      beside={<p className="text-dense text-muted">{t('welcome.step', { number: STEPS.indexOf(step) + 1, total: STEPS.length })}</p>}
      action={
        <Link to="/o/$org" params={{ org: place.org }} className="text-body text-accent-text underline">
          {t('welcome.skip')}
        </Link>
      }
    >
      {step === 'sources' && (
        <SourceStep
          target={target}
          organization={organization.name}
          onDone={(done) => {
            setMade(done);
            setStep('ask');
          }}
        />
      )}
      {step === 'ask' && made && <AskStep target={target} made={made} onDone={() => setStep('share')} />}
      {step === 'share' && made && <ShareStep place={place} bot={made.bot.id} />}
    </Page>
  );
}
