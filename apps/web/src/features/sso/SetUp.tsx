import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { api, toFailure } from '../../api.ts';
import { AuthPage } from '../auth/AuthPage.tsx';
import { DomainCard } from '../domains/DomainCard.tsx';
import { CertificateNotes } from './CertificateNotes.tsx';
import { OurAddresses } from './OurAddresses.tsx';
import { ProtocolForm } from './ProtocolForm.tsx';
import { productOf } from './products.ts';
import { type SetUpView, setUpQuery } from './queries.ts';
import { Step } from './Step.tsx';
import { TestStep } from './TestStep.tsx';

/** The set-up of one connection, as whoever opened its link sees it. */
export function SetUp({ connection }: { connection: string }) {
  const { t } = useTexts();
  const query = useQuery(setUpQuery(connection));
  const { data, error } = query;
  const hasEnded = error !== null && toFailure(error).code === 'link_invalid';
  return (
    <AuthPage title={data ? t('setUp.titleOf', { name: data.name }) : t('setUp.title')} wide>
      {/* What was typed stays: a new link that is opened in this browser lets it be saved. */}
      {hasEnded && (
        <div role="alert" className="flex flex-col gap-1 rounded-card border border-danger bg-danger-soft p-3 text-body">
          <p className="font-medium text-danger">{t('setUp.ended')}</p>
          <p>{data ? t('setUp.endedText') : t('setUp.refusedText')}</p>
        </div>
      )}
      {!data && !hasEnded && <Skeleton />}
      {data && <Steps setUp={data} />}
    </AuthPage>
  );
}

function Steps({ setUp }: { setUp: SetUpView }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const { id, kind, product: productId, settings, secretEndings, state, testedAt, domains, lastTest } = setUp;
  const key = setUpQuery(id).queryKey;
  const refresh = () => queryClient.invalidateQueries({ queryKey: key });
  const params = { connection: id };
  /** Says on the page, too, that the link has ended. */
  const orEnded = async <T,>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (toFailure(error).code === 'link_invalid') void refresh();
      throw error;
    }
  };
  return (
    <>
      <p className="max-w-[72ch] text-body text-muted">{t('setUp.text', { time: formats.dateTime(setUp.endsAt) })}</p>
      <CertificateNotes connection={setUp} />
      {domains.length > 0 && (
        <Step title={t('setUp.domains')} text={t('setUp.domainsText')}>
          {domains.map((domain) => (
            <DomainCard
              key={domain.id}
              domain={domain}
              onCheck={async () => {
                await orEnded((await api()).handOver.checkDomain({ params: { connection: id, domain: domain.id } }));
                await refresh();
              }}
            />
          ))}
        </Step>
      )}
      <OurAddresses connection={setUp} />
      <Step title={t('sso.step.settings')} text={t('setUp.settingsText')}>
        <ProtocolForm
          kind={kind}
          settings={settings}
          secretEndings={secretEndings}
          placeholder={productOf(productId).issuer}
          action={t('common.save')}
          failed={t('sso.notSaved')}
          onSave={async (_, protocol) => {
            queryClient.setQueryData(key, await orEnded((await api()).handOver.change({ params, body: { protocol } })));
          }}
        />
      </Step>
      <Step title={t('sso.step.test')} text={t('sso.step.testText')}>
        <TestStep
          kind={kind}
          last={lastTest}
          onProbe={async () => orEnded((await api()).handOver.probe({ params }))}
          onTest={async (body) => orEnded((await api()).handOver.test({ params, body }))}
          onTested={refresh}
        />
      </Step>
      {state === 'tested' && testedAt && (
        <div role="status" className="flex gap-3 rounded-card border border-success bg-success-soft p-3 text-body">
          <Icon of={CircleCheck} size={20} className="text-success" />
          <div className="flex min-w-0 flex-1 flex-col gap-1">
            <p className="font-medium text-success">{t('setUp.done', { time: formats.dateTime(testedAt) })}</p>
            <p>{t('setUp.doneText')}</p>
          </div>
        </div>
      )}
    </>
  );
}
