import { ROLES, type Role } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { useOrganization } from '../../session/session.ts';
import { attemptsQuery, type Connection } from './queries.ts';

type Provisioning = Connection['provisioning'];
type Rule = Provisioning['groups'][number];

const DEFAULT_ROLES = ROLES.filter((role) => role !== 'admin');

/** Who gets an account, and what groups give, with what that means for the last person who tested. */
export function GroupRules({
  org,
  connection: { id, provisioning },
  onSave,
}: {
  org: string;
  connection: Connection;
  onSave: (provisioning: Provisioning) => Promise<void>;
}) {
  const t = useText();
  const [draft, setDraft] = useState(provisioning);
  const set = (changes: Partial<Provisioning>) => setDraft((before) => ({ ...before, ...changes }));
  const setRule = (index: number, changes: Partial<Rule>) =>
    set({ groups: draft.groups.map((rule, at) => (at === index ? { ...rule, ...changes } : rule)) });
  const complete = { ...draft, groups: draft.groups.filter(({ group }) => group.trim()) };
  const save = useMutation({ mutationFn: () => onSave(complete) });
  const role = (value: Role) => ({ value, label: t(`role.${value}`) });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Checkbox
        label={t('sso.create')}
        description={t('sso.createHelp')}
        checked={draft.create}
        onCheckedChange={(create) => set({ create })}
      />
      <div className="max-w-xs">
        <Select
          label={t('sso.defaultRole')}
          help={t('sso.defaultRoleHelp')}
          value={draft.role}
          onValueChange={(value) => set({ role: value })}
          options={DEFAULT_ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
        />
      </div>
      <Checkbox label={t('sso.onlyMapped')} checked={draft.onlyMapped} onCheckedChange={(onlyMapped) => set({ onlyMapped })} />
      <Checkbox
        label={t('sso.admins')}
        description={t('sso.adminsHelp')}
        checked={draft.admins}
        onCheckedChange={(admins) => set({ admins })}
      />
      <fieldset className="flex flex-col gap-3">
        <legend className="mb-1 text-body font-medium">{t('sso.rules')}</legend>
        {draft.groups.map((rule, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rules have no other name while one is typed
          <div key={index} className="flex flex-wrap items-end gap-3">
            <div className="min-w-0 flex-1 basis-48">
              <TextField
                label={t('sso.group')}
                value={rule.group}
                maxLength={300}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setRule(index, { group: event.currentTarget.value })}
              />
            </div>
            <Select
              label={t('sso.role')}
              value={rule.role ?? 'tier4'}
              onValueChange={(value) => setRule(index, { role: value })}
              options={ROLES.map(role)}
            />
            <RuleWorkspaces rule={rule} onChange={(workspaces) => setRule(index, { workspaces })} />
            <Button
              aria-label={t('sso.removeRuleOf', { group: rule.group })}
              onClick={() => set({ groups: draft.groups.filter((_, at) => at !== index) })}
            >
              {t('sso.removeRule')}
            </Button>
          </div>
        ))}
        <Button className="self-start" onClick={() => set({ groups: [...draft.groups, { group: '', role: 'tier3', workspaces: [] }] })}>
          {t('sso.addRule')}
        </Button>
      </fieldset>
      <Preview org={org} connection={id} provisioning={complete} />
      {save.error && <ErrorNote title={t('sso.notSaved')} failure={toFailure(save.error)} />}
      <Button type="submit" variant="primary" className="self-start" busy={save.isPending}>
        {t('common.save')}
      </Button>
    </form>
  );
}

/** Which workspaces the group's people may enter besides, and as what. */
function RuleWorkspaces({ rule, onChange }: { rule: Rule; onChange: (workspaces: Rule['workspaces']) => void }) {
  const t = useText();
  const { workspaces } = useOrganization();
  const roleIn = (id: string) => rule.workspaces.find(({ workspace }) => workspace === id)?.role ?? '';
  return (
    <details className="basis-full">
      <summary className="cursor-pointer text-dense text-muted">{t('sso.ruleWorkspaces', { count: rule.workspaces.length })}</summary>
      <div className="mt-2 flex flex-wrap gap-3">
        {workspaces.map(({ id, name }) => (
          <Select
            key={id}
            label={name}
            value={roleIn(id)}
            onValueChange={(role) => {
              const others = rule.workspaces.filter(({ workspace }) => workspace !== id);
              onChange(role === '' ? others : [...others, { workspace: id, role }]);
            }}
            options={[{ value: '' as const, label: t('sso.notNamed') }, ...ROLES.map((value) => ({ value, label: t(`role.${value}`) }))]}
          />
        ))}
      </div>
    </details>
  );
}

/** On the groups that the last sign-in or test brought. */
function Preview({ org, connection, provisioning }: { org: string; connection: string; provisioning: Provisioning }) {
  const t = useText();
  const attempts = useQuery(attemptsQuery(org, connection));
  const last = attempts.data?.find(({ mapping }) => mapping);
  const groups = last?.mapping ? [...last.mapping.applied, ...last.mapping.ignored] : undefined;
  const preview = useQuery({
    queryKey: ['sso', org, 'preview', provisioning, groups],
    queryFn: async () => (await api()).sso.preview({ params: { org }, body: { groups: groups ?? [], provisioning } }),
    enabled: groups !== undefined,
    placeholderData: (before) => before,
  });
  if (!groups || !preview.data) return null;
  const { role } = preview.data;
  return (
    <p role="status" className="text-body text-muted">
      {t('sso.preview', {
        person: last?.person ?? last?.claims.email?.[0] ?? t('sso.somebody'),
        role: role ? t(`role.${role}`) : t('sso.mapping.none'),
      })}
    </p>
  );
}
