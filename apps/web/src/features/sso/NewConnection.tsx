import type { ConnectionKind, SsoProduct } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api.ts';
import { KINDS } from './kinds/kinds.ts';
import { ProtocolForm } from './ProtocolForm.tsx';
import { PRODUCTS, type Product, productOf } from './products.ts';
import { connectionsQuery } from './queries.ts';

/** One button for each product that the guide knows, and one for the others. */
export function ProductTiles({ onChoose }: { onChoose: (product: SsoProduct) => void }) {
  const t = useText();
  return (
    <ul className="flex w-full max-w-3xl flex-wrap gap-2">
      {PRODUCTS.map(({ id, name }) => (
        <li key={id} className="flex grow basis-44">
          <Button className="flex-1" onClick={() => onChoose(id)}>
            {name ?? t('sso.product.generic')}
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** Product, then what it speaks, then its values. What is saved is a draft that signs nobody in. */
export function NewConnection({
  org,
  product: id,
  onDone,
  onCancel,
}: {
  org: string;
  product: SsoProduct;
  onDone: (connection: string) => void;
  onCancel: () => void;
}) {
  const t = useText();
  const queryClient = useQueryClient();
  const product = productOf(id);
  const kinds = kindsOf(product);
  const [kind, setKind] = useState<ConnectionKind>(kinds[0] ?? 'oidc');
  return (
    <section aria-label={t('sso.add')} className="flex flex-col gap-4 rounded-card border border-line bg-surface p-4">
      <h2 className="text-reading font-semibold">{product.name ?? t('sso.add')}</h2>
      {kinds.length > 1 && (
        <RadioGroup
          legend={t('sso.kind')}
          value={kind}
          onValueChange={setKind}
          options={kinds.map((value) => ({ value, label: t(`sso.kind.${value}`), description: t(`sso.kindHelp.${value}`) }))}
        />
      )}
      <p className="max-w-[72ch] text-body text-muted">{t('sso.draftText')}</p>
      <ProtocolForm
        key={kind}
        kind={kind}
        name={product.name ?? ''}
        placeholder={product.issuer}
        action={t('sso.saveDraft')}
        failed={t('sso.notSaved')}
        onSave={async (name, protocol) => {
          const made = await (await api()).sso.create({ params: { org }, body: { ...protocol, name, product: id } });
          await queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey });
          onDone(made.id);
        }}
      >
        <Button onClick={onCancel}>{t('dialog.cancel')}</Button>
      </ProtocolForm>
    </section>
  );
}

function kindsOf({ kinds }: Product): ConnectionKind[] {
  return KINDS.filter((kind) => kinds[kind]);
}
