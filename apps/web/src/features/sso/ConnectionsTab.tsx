import type { SsoProduct } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { ConnectionView } from './ConnectionView.tsx';
import { endingsOf } from './certificates.ts';
import { NewConnection, ProductTiles } from './NewConnection.tsx';
import { productOf } from './products.ts';
import { type Connection, connectionsQuery } from './queries.ts';

const STATE_TONES = { draft: 'neutral', tested: 'warning', active: 'success' } as const;

/** The connections, one of them, or a new one. */
export function ConnectionsTab({ org }: { org: string }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const { connection } = useSearch({ from: '/signed-in/framed/o/$org/sign-in' });
  const query = useQuery(connectionsQuery(org));
  const [product, setProduct] = useState<SsoProduct | 'choose'>();
  const open = (id?: string) => {
    setProduct(undefined);
    void navigate({ to: '/o/$org/sign-in', params: { org }, search: id ? { connection: id } : {} });
  };
  return (
    <Loaded query={query} failed={t('sso.loadFailed')}>
      {(connections) => {
        const shown = connections.find(({ id }) => id === connection);
        if (shown) return <ConnectionView key={shown.id} org={org} connection={shown} onClose={() => open()} />;
        if (product && product !== 'choose')
          return <NewConnection org={org} product={product} onDone={open} onCancel={() => setProduct(undefined)} />;
        if (connections.length === 0 || product)
          return (
            <EmptyState title={t('sso.emptyTitle')} action={<ProductTiles onChoose={setProduct} />}>
              {t('sso.emptyText')}
            </EmptyState>
          );
        return (
          <div className="flex flex-col gap-4">
            <ConnectionList org={org} connections={connections} />
            <Button variant="primary" className="self-start" onClick={() => setProduct('choose')}>
              {t('sso.add')}
            </Button>
          </div>
        );
      }}
    </Loaded>
  );
}

function ConnectionList({ org, connections }: { org: string; connections: readonly Connection[] }) {
  const { t } = useTexts();
  return (
    <ul className="flex max-w-3xl flex-col gap-3">
      {connections.map((connection) => (
        <li key={connection.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-card border border-line bg-surface p-4">
          <Link
            to="/o/$org/sign-in"
            params={{ org }}
            search={{ connection: connection.id }}
            className="min-w-0 flex-1 basis-40 text-reading font-semibold hover:underline"
          >
            <bdi>{connection.name}</bdi>
          </Link>
          <span className="text-dense text-muted">
            {[productOf(connection.product).name, t(`sso.kind.${connection.kind}`)].filter(Boolean).join(' · ')}
          </span>
          <CertificateEnd connection={connection} />
          <Chip tone={STATE_TONES[connection.state]}>{t(`sso.state.${connection.state}`)}</Chip>
        </li>
      ))}
    </ul>
  );
}

function CertificateEnd({ connection }: { connection: Connection }) {
  const { t, formats } = useTexts();
  const [ending] = endingsOf(connection);
  const at = ending?.at ?? connection.expiresAt;
  if (!at) return null;
  const date = formats.date(at);
  if (!ending) return <span className="text-dense text-muted">{t('sso.expires', { date })}</span>;
  return (
    <Chip tone={ending.hasEnded ? 'danger' : 'warning'}>{ending.hasEnded ? t('sso.expired', { date }) : t('sso.expires', { date })}</Chip>
  );
}
