import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { DestinationLine } from '@privexbot/ui/state/DestinationLine.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, toFailure } from '../../api.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { botQuery, type Place } from '../../queries.ts';
import { pinnedAddress, useIdentityPin } from '../bots/pinned-address.ts';

/** Publishes the bot and switches its hosted page on; then there is a link to give away. */
export function ShareStep({ place, bot: id }: { place: Place; bot: string }) {
  const t = useText();
  const queryClient = useQueryClient();
  const params = { ...place, bot: id };
  const pin = useIdentityPin();
  const query = useQuery(botQuery(params));
  const share = useMutation({
    mutationFn: async () => {
      const client = await api();
      const bot = await client.bots.get({ params });
      if (bot.changed || !bot.live) await client.bots.publish({ params, body: { revision: bot.revision } });
      return client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true } });
    },
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const address = share.data && pinnedAddress('page', share.data.address, pin);
  return (
    <div className="flex max-w-2xl flex-col items-start gap-4">
      <p className="text-reading text-muted">{t('welcome.shareText')}</p>
      <Loaded query={query} failed={t('bots.loadFailed')}>
        {(bot) => <DestinationLine destinations={bot.destinations} />}
      </Loaded>
      {share.error && <ErrorNote title={t('bots.notPublished')} failure={toFailure(share.error)} />}
      {address ? (
        <>
          <code dir="ltr" className="w-full rounded-control border border-line bg-sunken p-2 font-mono text-dense break-all">
            {address}
          </code>
          <div className="flex flex-wrap gap-2">
            <CopyButton text={address} label={t('deploy.copy.page')} />
            <a href={address} target="_blank" rel="noopener noreferrer" className={buttonClass()}>
              {t('deploy.open')}
            </a>
            <Link to="/o/$org" params={{ org: place.org }} className={buttonClass({ variant: 'primary' })}>
              {t('notFound.home')}
            </Link>
          </div>
        </>
      ) : (
        <Button variant="primary" busy={share.isPending} onClick={() => share.mutate()}>
          {t('welcome.share')}
        </Button>
      )}
    </div>
  );
}
