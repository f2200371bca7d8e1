import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Loaded } from '../../parts/Loaded.tsx';
import { PolicyForm } from './PolicyForm.tsx';
import { policiesQuery } from './queries.ts';

/** Who is let into the organization, and how. */
export function PoliciesTab({ org }: { org: string }) {
  const t = useText();
  const query = useQuery(policiesQuery(org));
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <p className="max-w-[72ch] text-body text-muted">{t('policies.text')}</p>
      <Loaded query={query} failed={t('policies.loadFailed')}>
        {(state) => <PolicyForm key={state.revision} org={org} state={state} />}
      </Loaded>
    </div>
  );
}
