import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api.ts';
import { Page } from '../../frame/Page.tsx';
import { Guarded } from '../../parts/Access.tsx';
import { SettingForm } from '../../parts/SettingForm.tsx';
import { meQuery } from '../../queries.ts';
import { useCan, useOrganization } from '../../session/session.ts';
import { DangerZone } from './DangerZone.tsx';
import { Keys } from './Keys.tsx';
import { WorkspaceAccess } from './WorkspaceAccess.tsx';

/** Names of the organization and its workspaces; each saved by itself. */
export function Settings() {
  const t = useText();
  return (
    <Guarded permission="organization.edit" title={t('nav.settings')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const queryClient = useQueryClient();
  const organization = useOrganization();
  const may = useCan();
  const [opened, setOpened] = useState<{ id: string; name: string }>();
  const params = { org: organization.id };
  const refresh = () => queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
  const check = ({ name }: { name: string }) => (name.trim() ? {} : { name: t('form.empty') });
  return (
    <Page title={t('nav.settings')}>
      <div className="flex max-w-xl flex-col gap-8">
        <section aria-labelledby="organization" className="flex flex-col gap-3">
          <h2 id="organization" className="text-h2 font-semibold">
            {t('settings.organization')}
          </h2>
          <SettingForm
            initial={{ name: organization.name }}
            failed={t('settings.notSaved')}
            check={check}
            save={async (body) => {
              await (await api()).organizations.rename({ params, body });
              await refresh();
            }}
          >
            {(field) => (
              <TextField
                {...field('name')}
                label={t('settings.organizationName')}
                maxLength={LIMITS.nameLength}
                autoComplete="organization"
              />
            )}
          </SettingForm>
        </section>
        <section aria-labelledby="workspaces" className="flex flex-col gap-5">
          <h2 id="workspaces" className="text-h2 font-semibold">
            {t('settings.workspaces')}
          </h2>
          {organization.workspaces.map((workspace) => (
            <div key={workspace.id} className="flex flex-col items-start gap-2">
              <SettingForm
                initial={{ name: workspace.name }}
                failed={t('settings.notSaved')}
                check={check}
                save={async (body) => {
                  await (await api()).organizations.renameWorkspace({ params: { ...params, workspace: workspace.id }, body });
                  await refresh();
                }}
              >
                {(field) => (
                  <TextField {...field('name')} label={t('settings.workspaceName')} maxLength={LIMITS.nameLength} autoComplete="off" />
                )}
              </SettingForm>
              {may('people.manage') && (
                <Button size="sm" onClick={() => setOpened(workspace)}>
                  {t('access.of', { name: workspace.name })}
                </Button>
              )}
            </div>
          ))}
          <SettingForm
            key={organization.workspaces.length}
            initial={{ name: '' }}
            failed={t('settings.workspaceNotAdded')}
            action={t('settings.addWorkspace')}
            check={check}
            save={async (body) => {
              await (await api()).organizations.createWorkspace({ params, body });
              await refresh();
            }}
          >
            {(field) => (
              <TextField {...field('name')} label={t('settings.newWorkspace')} maxLength={LIMITS.nameLength} autoComplete="off" />
            )}
          </SettingForm>
        </section>
        {may('people.manage') && <Keys org={organization.id} />}
        {opened && <WorkspaceAccess org={organization.id} workspace={opened.id} name={opened.name} onClose={() => setOpened(undefined)} />}
        <DangerZone org={organization.id} mayEnd={may('people.manage')} />
      </div>
    </Page>
  );
}
