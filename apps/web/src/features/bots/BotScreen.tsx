import { Button } from '@privexbot/ui/base/Button.tsx';
import { IconButton } from '@privexbot/ui/base/IconButton.tsx';
import { Menu } from '@privexbot/ui/base/Menu.tsx';
import { Tabs } from '@privexbot/ui/base/Tabs.tsx';
import { DestinationLine } from '@privexbot/ui/state/DestinationLine.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { EllipsisVertical, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Page } from '../../frame/Page.tsx';
import { useKeys } from '../../frame/use-keys.ts';
import { LookOnly } from '../../parts/Access.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { botQuery } from '../../queries.ts';
import { usePlace } from '../../session/session.ts';
import { useReason } from '../../session/use-reason.ts';
import { BotState } from './BotState.tsx';
import { ConfigureTab } from './ConfigureTab.tsx';
import { DeleteBot } from './DeleteBot.tsx';
import { DeployTab } from './DeployTab.tsx';
import { KnowledgeTab } from './KnowledgeTab.tsx';
import { PublishDialog } from './PublishDialog.tsx';
import { BOT_TABS, type BotTab } from './tabs.ts';
import { VersionsTab } from './VersionsTab.tsx';

export function BotScreen() {
  const t = useText();
  const navigate = useNavigate();
  const place = usePlace();
  const { bot: id, tab } = useParams({ from: '/signed-in/framed/o/$org/w/$workspace/bots/$bot/$tab' });
  const shown = BOT_TABS.find((candidate) => candidate === tab) ?? 'configure';
  const params = { ...place, bot: id };
  const query = useQuery(botQuery(params));
  const bot = query.data;
  const reason = useReason()('bots.edit');
  const [dialog, setDialog] = useState<'publish' | 'delete'>();
  const close = () => setDialog(undefined);
  const open = (next: BotTab) => void navigate({ to: '/o/$org/w/$workspace/bots/$bot/$tab', params: { ...params, tab: next } });
  useKeys(Object.fromEntries(BOT_TABS.map((each, index) => [String(index + 1), () => open(each)])));
  const unchanged = bot && !bot.changed ? t('bots.nothingToPublish') : undefined;

  return (
    <Page
      title={bot?.settings.name ?? t('nav.bots')}
      trail={[{ label: t('nav.bots'), link: { to: '/o/$org/w/$workspace/bots', params: place } }]}
      beside={
        bot && (
          <>
            <BotState bot={bot} />
            <DestinationLine destinations={bot.destinations} />
          </>
        )
      }
      action={
        bot && (
          <>
            <Menu
              trigger={<IconButton icon={EllipsisVertical} label={t('bots.more')} />}
              actions={[
                { label: t('bots.delete'), icon: Trash2, danger: true, disabledReason: reason, onSelect: () => setDialog('delete') },
              ]}
            />
            <Button variant="primary" disabledReason={reason ?? unchanged} onClick={() => setDialog('publish')}>
              {t('bots.publish')}
            </Button>
          </>
        )
      }
    >
      <LookOnly permission="bots.edit" />
      <Loaded query={query} failed={t('bots.loadFailed')}>
        {(loaded) => (
          <Tabs<BotTab>
            label={t('bots.tabs')}
            value={shown}
            onValueChange={open}
            tabs={[
              { value: 'configure', label: t('bots.tab.configure'), content: <ConfigureTab key={loaded.id} bot={loaded} place={place} /> },
              { value: 'knowledge', label: t('bots.tab.knowledge'), content: <KnowledgeTab bot={loaded} place={place} /> },
              {
                value: 'deploy',
                label: t('bots.tab.deploy'),
                content: <DeployTab bot={loaded} place={place} onPublish={() => setDialog('publish')} />,
              },
              { value: 'versions', label: t('bots.tab.versions'), content: <VersionsTab bot={loaded} place={place} /> },
            ]}
          />
        )}
      </Loaded>
      {bot && dialog === 'publish' && <PublishDialog bot={bot} place={place} onClose={close} />}
      {bot && dialog === 'delete' && <DeleteBot bot={bot} place={place} onClose={close} />}
    </Page>
  );
}
