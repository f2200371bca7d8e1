import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { type Stage, StageProgress } from '@privexbot/ui/state/StageProgress.tsx';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { messageId } from '@privexbot/ui/text/texts.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { receiptsQuery, rootKeyQuery } from '../../queries.ts';
import { Fact, ReceiptDialog, type SignedReceipt } from './ReceiptDialog.tsx';
import { RotateDialog } from './RotateDialog.tsx';

type KeysState = Output<(typeof contract)['privacy']['keys']>;

const STEPS = ['started', 'wrapping', 'destroying'] as const;

/** Where the root key lies, its rotation, and the receipts of those before it. */
export function Keys({ org }: { org: string }) {
  const t = useText();
  const query = useQuery(rootKeyQuery(org));
  return (
    <section aria-labelledby="keys" className="flex flex-col gap-4">
      <h2 id="keys" className="text-h2 font-semibold">
        {t('rootKey.title')}
      </h2>
      <p className="text-body text-muted">{t('rootKey.text')}</p>
      <Loaded query={query} failed={t('rootKey.loadFailed')}>
        {(state) => <State org={org} state={state} />}
      </Loaded>
    </section>
  );
}

function State({ org, state }: { org: string; state: KeysState }) {
  const { t, formats } = useTexts();
  const [asking, setAsking] = useState(false);
  const { source, epoch, keys, rotation } = state;
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-card border border-line bg-surface p-4 text-body">
        <Fact label={t('rootKey.source')}>{t(messageId(`rootKey.source.${source.kind}`))}</Fact>
        <Fact label={t('rootKey.epoch')}>{formats.number(epoch)}</Fact>
        <Fact label={t('rootKey.count')}>{formats.number(keys)}</Fact>
        <Fact label={t('rootKey.promise')}>{t(messageId(`rootKey.limit.${source.kind}`))}</Fact>
      </dl>
      {rotation ? (
        <Rotation org={org} rotation={rotation} />
      ) : (
        <Button className="self-start" onClick={() => setAsking(true)}>
          {t('rootKey.rotate')}
        </Button>
      )}
      {asking && <RotateDialog org={org} keys={keys} onClose={() => setAsking(false)} />}
      <Receipts org={org} epoch={epoch} rotating={rotation !== undefined} />
    </>
  );
}

function Rotation({ org, rotation }: { org: string; rotation: NonNullable<KeysState['rotation']> }) {
  const t = useText();
  const queryClient = useQueryClient();
  const { step, keysRewrapped, keysTotal, problem } = rotation;
  const goOn = useMutation({
    mutationFn: async () => (await api()).privacy.rotate({ params: { org }, body: {} }),
    onSuccess: (state) => queryClient.setQueryData(rootKeyQuery(org).queryKey, state),
  });
  const at = (STEPS as readonly string[]).indexOf(step);
  const stages = STEPS.map((id, index): Stage => {
    const state = index < at ? 'done' : index > at ? 'waiting' : problem ? 'failed' : 'active';
    return { id, label: t(`rootKey.step.${id}`), state };
  });
  return (
    <div className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <StageProgress
        label={t('rootKey.running')}
        stages={stages}
        count={t('rootKey.moved', { done: keysRewrapped, total: keysTotal })}
        done={keysRewrapped}
        total={keysTotal}
      />
      {problem && (
        <>
          <p role="alert" className="text-body text-danger">
            {t('rootKey.problem', { problem })}
          </p>
          <Button className="self-start" busy={goOn.isPending} onClick={() => goOn.mutate()}>
            {t('rootKey.goOn')}
          </Button>
        </>
      )}
      {goOn.error && <ErrorNote title={t('rootKey.notRotated')} failure={toFailure(goOn.error)} />}
    </div>
  );
}

function Receipts({ org, epoch, rotating }: { org: string; epoch: number; rotating: boolean }) {
  const { t, formats } = useTexts();
  const query = useQuery(receiptsQuery(org, epoch, rotating));
  const [shown, setShown] = useState<SignedReceipt>();
  return (
    <>
      <h3 className="text-body font-semibold">{t('rootKey.receipts')}</h3>
      <Loaded query={query} failed={t('rootKey.loadFailed')}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-body text-muted">{t('rootKey.noReceipts')}</p>
          ) : (
            <ul aria-label={t('rootKey.receipts')} className="divide-y divide-line rounded-card border border-line bg-surface">
              {items.map((signed) => {
                const { id, epochs, destroyedAt } = signed.receipt;
                const what = t('rootKey.destroyedAt', { epochs: epochs.join(', '), time: formats.dateTime(destroyedAt) });
                return (
                  <li key={id} className="flex flex-wrap items-center gap-3 px-3 py-2">
                    <span className="min-w-0 flex-1 text-body">{what}</span>
                    <Button size="sm" aria-label={`${t('rootKey.showReceipt')}: ${what}`} onClick={() => setShown(signed)}>
                      {t('rootKey.showReceipt')}
                    </Button>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Loaded>
      {shown && <ReceiptDialog signed={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}
