import { Select } from '@privexbot/ui/base/Field.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { connectionsQuery } from '../sso/queries.ts';
import { ScimSetUp } from './ScimSetUp.tsx';

/** How a directory keeps people and groups here by itself: one set-up per connection. */
export function ScimTab({ org }: { org: string }) {
  const t = useText();
  const query = useQuery(connectionsQuery(org));
  const [chosen, setChosen] = useState<string>();
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-[72ch] text-body text-muted">{t('scim.text')}</p>
      <Loaded query={query} failed={t('scim.loadFailed')}>
        {(connections) => {
          const connection = connections.find(({ id }) => id === chosen) ?? connections[0];
          if (!connection) return <EmptyState title={t('scim.noConnectionTitle')}>{t('scim.noConnectionText')}</EmptyState>;
          return (
            <>
              {connections.length > 1 && (
                <Select
                  label={t('scim.connection')}
                  value={connection.id}
                  onValueChange={setChosen}
                  options={connections.map(({ id, name }) => ({ value: id, label: name }))}
                />
              )}
              <ScimSetUp key={connection.id} place={{ org, connection: connection.id }} />
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
