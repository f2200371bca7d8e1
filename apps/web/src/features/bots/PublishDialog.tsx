import type { Bot } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { modelsQuery, type Place, versionQuery } from '../../queries.ts';
import { ChangeList } from './ChangeList.tsx';

/** What changed, and in a box of their own the new places content would go to, which must be ticked. */
export function PublishDialog({ bot, place, onClose }: { bot: Bot; place: Place; onClose: () => void }) {
  const { t, formats } = useTexts();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [note, setNote] = useState('');
  const [agreed, setAgreed] = useState(false);
  const params = { ...place, bot: bot.id };
  const live = useQuery({ ...versionQuery({ ...params, version: bot.live?.version ?? '' }, 'draft'), enabled: bot.live !== null });
  const models = useQuery(modelsQuery(place.org)).data ?? [];
  const liveDestination = models.find((model) => model.id === live.data?.settings.model)?.destination;
  const added = bot.destinations.filter((place) => place !== 'this machine' && place !== liveDestination);

  const publish = useMutation({
    mutationFn: async () => (await api()).bots.publish({ params, body: { revision: bot.revision, note } }),
    onSuccess: async (version) => {
      await queryClient.invalidateQueries({ queryKey: ['bot', params] });
      void queryClient.invalidateQueries({ queryKey: ['bots'] });
      toast(t('bots.published', { number: version.number }));
      onClose();
      await navigate({ to: '/o/$org/w/$workspace/bots/$bot/$tab', params: { ...params, tab: 'deploy' } });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={t('bots.publishTitle', { name: bot.settings.name })}
      description={t('bots.publishText')}
      footer={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button
            variant="primary"
            busy={publish.isPending}
            disabledReason={added.length > 0 && !agreed ? t('bots.agreeFirst') : undefined}
            onClick={() => publish.mutate()}
          >
            {t('bots.publish')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <section className="flex flex-col gap-2">
          <h3 className="font-medium">{t('bots.whatChanged')}</h3>
          {bot.live === null ? (
            <p className="text-body text-muted">{t('bots.firstVersion')}</p>
          ) : (
            <Loaded query={live} failed={t('bots.versionFailed')}>
              {/* The server says how the live version differs from the draft; publishing goes the other way. */}
              {(version) => (
                <ChangeList
                  changes={version.changes.map(({ field, before, after }) => ({ field, before: after, after: before }))}
                  place={place}
                />
              )}
            </Loaded>
          )}
        </section>
        {added.length > 0 && (
          <section className="flex flex-col gap-2 rounded-card border border-warning bg-warning-soft p-3">
            <h3 className="font-medium text-warning">{t('bots.newDestinations')}</h3>
            <p>{t('bots.newDestinationsText', { places: formats.list(added) })}</p>
            <Checkbox label={t('bots.agree')} checked={agreed} onCheckedChange={setAgreed} />
          </section>
        )}
        <TextField
          label={t('bots.note')}
          optional={t('field.optional')}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {publish.error && <ErrorNote title={t('bots.notPublished')} failure={toFailure(publish.error)} />}
      </div>
    </Dialog>
  );
}
