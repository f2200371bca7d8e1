import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { type Member, membersQuery } from './queries.ts';

const SHOWN = 5;

/** Finds members by name or address among any number of them. */
export function MemberFinder({ org, label, onChoose }: { org: string; label: string; onChoose: (member: Member) => void }) {
  const t = useText();
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const { data } = useQuery({ ...membersQuery(org, { search: wanted, state: 'active', limit: SHOWN }), enabled: wanted !== '' });
  const found = wanted === '' ? [] : (data?.items ?? []);
  return (
    <div className="flex flex-col gap-2">
      <TextField label={label} type="search" value={search} autoComplete="off" onChange={(event) => setSearch(event.currentTarget.value)} />
      <p role="status" className="sr-only">
        {wanted !== '' && t('members.foundCount', { count: found.length })}
      </p>
      <ul className="flex flex-col gap-1">
        {found.map((member) => (
          <li key={member.user}>
            <Button
              size="sm"
              variant="quiet"
              onClick={() => {
                onChoose(member);
                setSearch('');
              }}
            >
              <bdi>{member.name}</bdi> <bdi className="text-muted">{member.email}</bdi>
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
