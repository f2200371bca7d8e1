import { ROLES, type Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { Menu, type MenuAction } from '@privexbot/ui/base/Menu.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { type Column, DataTable } from '@privexbot/ui/state/DataTable.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { useAccount } from '../../session/session.ts';
import { type MemberAct, MemberDialog } from './MemberDialog.tsx';
import { NewMemberDialog } from './NewMemberDialog.tsx';
import { PageButtons } from './PageButtons.tsx';
import { MEMBERS_PER_PAGE, type Member, membersQuery } from './queries.ts';

const ANY = 'any';

/** All members, found by name or address, a page at a time. */
export function MembersTab({ org }: { org: string }) {
  const { t, formats } = useTexts();
  const { id: self } = useAccount();
  const [search, setSearch] = useState('');
  const [role, setRole] = useState<Role | typeof ANY>(ANY);
  const [from, setFrom] = useState(0);
  const [act, setAct] = useState<{ kind: MemberAct; member: Member }>();
  const [making, setMaking] = useState(false);
  const wanted = useDeferredValue(search.trim());
  const query = useQuery(
    membersQuery(org, { ...(wanted ? { search: wanted } : {}), ...(role === ANY ? {} : { role }), from, limit: MEMBERS_PER_PAGE }),
  );
  function actionsOf(member: Member): MenuAction[] {
    const on = (kind: MemberAct) => () => setAct({ kind, member });
    const kept = member.source === 'manual' ? undefined : t('members.keptElsewhere', { source: member.source });
    return [
      { label: t('members.changeRole'), onSelect: on('role'), disabledReason: kept },
      member.state === 'active'
        ? { label: t('members.suspend'), onSelect: on('suspend') }
        : { label: t('members.reactivate'), onSelect: on('reactivate') },
      { label: t('members.resetPassword'), onSelect: on('password'), disabledReason: member.own ? undefined : t('members.notOwn') },
      ...(member.user === self ? [] : [{ label: t('members.handOver'), onSelect: on('transfer'), disabledReason: kept }]),
      { label: t('members.remove'), danger: true, onSelect: on('remove') },
      {
        label: t('members.deleteAccount'),
        danger: true,
        onSelect: on('delete'),
        disabledReason: member.own ? undefined : t('members.notOwn'),
      },
    ];
  }
  const columns: Column<Member>[] = [
    {
      id: 'name',
      header: t('members.name'),
      cell: ({ name, email }) => (
        <span className="min-w-0">
          <bdi className="block truncate">{name}</bdi>
          <bdi className="block truncate text-caption font-normal text-muted">{email}</bdi>
        </span>
      ),
    },
    { id: 'role', header: t('members.role'), cell: (member) => t(`role.${member.role}`) },
    {
      id: 'state',
      header: t('members.state'),
      cell: ({ state, source }) => (
        <span className="inline-flex flex-wrap gap-1">
          <Chip tone={state === 'active' ? 'success' : 'warning'}>{t(`members.state.${state}`)}</Chip>
          {source !== 'manual' && <Chip>{t(`members.source.${source}`)}</Chip>}
        </span>
      ),
    },
    { id: 'since', header: t('members.since'), cell: ({ since }) => <time dateTime={since}>{formats.date(since)}</time> },
    {
      id: 'actions',
      header: t('common.actions'),
      hiddenHeader: true,
      cell: (member) => (
        <Menu
          trigger={
            <Button variant="quiet" size="icon" aria-label={t('members.actionsOf', { name: member.name })}>
              <Icon of={Ellipsis} />
            </Button>
          }
          actions={actionsOf(member)}
        />
      ),
    },
  ];
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <div className="min-w-56 flex-1">
          <TextField
            label={t('members.search')}
            type="search"
            value={search}
            autoComplete="off"
            onChange={(event) => {
              setSearch(event.currentTarget.value);
              setFrom(0);
            }}
          />
        </div>
        <Select
          label={t('members.role')}
          value={role}
          options={[{ value: ANY, label: t('members.anyRole') }, ...ROLES.map((value) => ({ value, label: t(`role.${value}`) }))]}
          onValueChange={(next) => {
            setRole(next);
            setFrom(0);
          }}
        />
        <Button onClick={() => setMaking(true)}>{t('members.makeAccount')}</Button>
      </div>
      <Loaded query={query} failed={t('members.loadFailed')}>
        {({ items, found, total }) => (
          <>
            <p role="status" className="text-dense text-muted">
              {t('members.count', { found, total })}
            </p>
            {items.length > 0 && <DataTable caption={t('members.title')} columns={columns} rows={items} rowKey={({ user }) => user} />}
            <PageButtons from={from} found={found} size={MEMBERS_PER_PAGE} onChange={setFrom} />
          </>
        )}
      </Loaded>
      {making && <NewMemberDialog org={org} onClose={() => setMaking(false)} />}
      {act && <MemberDialog org={org} act={act.kind} member={act.member} onClose={() => setAct(undefined)} />}
    </div>
  );
}
