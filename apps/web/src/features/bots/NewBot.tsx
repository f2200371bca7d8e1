import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Page } from '../../frame/Page.tsx';
import { useKeys } from '../../frame/use-keys.ts';
import { Guarded } from '../../parts/Access.tsx';
import { usePlace } from '../../session/session.ts';
import { BotEditor } from './BotEditor.tsx';
import { useDraft } from './use-draft.ts';

/** The form of a chatbot that does not exist yet. Its draft does from the first keystroke. */
export function NewBot() {
  const t = useText();
  return (
    <Guarded permission="bots.edit" title={t('bots.new')}>
      <Content />
    </Guarded>
  );
}

function Content() {
  const t = useText();
  const navigate = useNavigate();
  const place = usePlace();
  const draft = useDraft(place, undefined);
  const create = useMutation({
    mutationFn: draft.flush,
    onSuccess: (bot) => bot && navigate({ to: '/o/$org/w/$workspace/bots/$bot/$tab', params: { ...place, bot: bot.id, tab: 'deploy' } }),
  });
  useKeys({ 'Ctrl+Enter': () => draft.settings.name.trim() && !create.isPending && create.mutate() });
  const unnamed = draft.settings.name.trim() ? undefined : t('bots.nameFirst');
  return (
    <Page
      title={t('bots.new')}
      trail={[{ label: t('nav.bots'), link: { to: '/o/$org/w/$workspace/bots', params: place } }]}
      action={
        <Button variant="primary" disabledReason={unnamed} busy={create.isPending} onClick={() => create.mutate()}>
          {t('bots.createAction')}
        </Button>
      }
    >
      <BotEditor draft={draft} place={place} live={undefined} />
    </Page>
  );
}
