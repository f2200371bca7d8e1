import type { SsoConnection } from '@privexbot/contract';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { productOf } from './products.ts';
import { Step } from './Step.tsx';

/** What the directory has to be told, by the names of its own fields; nothing for those that are asked from here. */
export function OurAddresses({
  connection: { kind, product: id, addresses },
}: {
  connection: Pick<SsoConnection, 'kind' | 'product' | 'addresses'>;
}) {
  const t = useText();
  const product = productOf(id);
  const fields = product.kinds[kind] ?? [];
  if (fields.length === 0) return null;
  return (
    <Step title={t('sso.step.there')} text={t('sso.step.thereText', { product: product.name ?? t('sso.product.yours') })}>
      <dl className="flex flex-col gap-2">
        {fields.map(([address, theirs]) => (
          <div key={theirs} className="flex flex-wrap items-center gap-x-3 border-b border-line pb-2">
            <dt className="basis-56 text-body text-muted" dir="auto" lang="en">
              {theirs}
            </dt>
            <dd className="flex min-w-0 flex-1 basis-64 items-center gap-2">
              <code className="min-w-0 flex-1 font-mono text-dense break-all" dir="ltr">
                {addresses[address]}
              </code>
              <CopyButton text={addresses[address]} />
            </dd>
          </div>
        ))}
      </dl>
    </Step>
  );
}
