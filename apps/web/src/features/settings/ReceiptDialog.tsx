import type { contract, Output } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { messageId } from '@privexbot/ui/text/texts.ts';
import type { ReactNode } from 'react';
import { saveFile } from '../../parts/save-file.ts';

export type SignedReceipt = Output<(typeof contract)['privacy']['receipts']>['items'][number];

/** What was destroyed, when, and what the receipt cannot promise; the file is what others check. */
export function ReceiptDialog({ signed, onClose }: { signed: SignedReceipt; onClose: () => void }) {
  const { t, formats } = useTexts();
  const { receipt, identity } = signed;
  const epochs = receipt.epochs.join(', ');
  const name = `privexbot-receipt-epoch-${receipt.epochs.join('-')}.json`;
  const download = () => saveFile(new Response(JSON.stringify(signed, null, 2), { headers: { 'content-type': 'application/json' } }), name);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={t('rootKey.receiptTitle', { epochs })}
      description={t('rootKey.receiptText')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.close')}</Button>
          <Button variant="primary" onClick={() => void download()}>
            {t('rootKey.receipt.download')}
          </Button>
        </>
      }
    >
      <dl className="grid grid-cols-1 gap-x-4 gap-y-1 text-body md:grid-cols-[auto_1fr]">
        <Fact label={t('rootKey.receipt.time')}>{formats.dateTime(receipt.destroyedAt)}</Fact>
        <Fact label={t('rootKey.receipt.moved')}>{formats.number(receipt.keysRewrapped)}</Fact>
        <Fact label={t('rootKey.source')}>{t(messageId(`rootKey.source.${receipt.source}`))}</Fact>
        <Fact label={t('rootKey.promise')}>
          {t(messageId(`rootKey.limit.${receipt.source}`))} {t('rootKey.receipt.copies')}
        </Fact>
        <Fact label={t('rootKey.receipt.backups')}>
          {receipt.backupsExpireAt
            ? t('rootKey.receipt.backupsGiven', { date: formats.date(receipt.backupsExpireAt) })
            : t('rootKey.receipt.backupsUnknown')}
        </Fact>
        <Fact label={t('rootKey.receipt.identity')}>
          <code dir="ltr" className="font-mono text-dense break-all">
            {identity}
          </code>
        </Fact>
        <Fact label={t('rootKey.receipt.check')}>
          <code dir="ltr" className="font-mono text-dense break-all">
            npx privexbot verify-receipt {name} --identity {identity}
          </code>
        </Fact>
      </dl>
    </Dialog>
  );
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
