import type { Bot } from '@privexbot/contract';
import { Button, buttonClass } from '@privexbot/ui/base/Button.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Loaded } from '../../parts/Loaded.tsx';
import { deploymentsQuery, type Place } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { Channel, type Deployment } from './Channel.tsx';
import { pinnedAddress, useIdentityPin } from './pinned-address.ts';

/** Where visitors reach the bot: hosted page, website widget, API. */
export function DeployTab({ bot, place, onPublish }: { bot: Bot; place: Place; onPublish: () => void }) {
  const t = useText();
  const reason = useReason()('bots.edit');
  const params = { ...place, bot: bot.id };
  const query = useQuery(deploymentsQuery(params));
  if (bot.live === null) {
    return (
      <EmptyState
        title={t('deploy.publishFirst')}
        action={
          <Button variant="primary" disabledReason={reason} onClick={onPublish}>
            {t('bots.publish')}
          </Button>
        }
      >
        {t('deploy.publishFirstText')}
      </EmptyState>
    );
  }
  return (
    <Loaded query={query} failed={t('deploy.loadFailed')}>
      {(deployments) => (
        <div className="flex max-w-3xl flex-col gap-4">
          {deployments.map((deployment) => (
            <Channel key={deployment.channel} deployment={deployment} params={params} disabledReason={reason}>
              <Address deployment={deployment} place={place} />
            </Channel>
          ))}
        </div>
      )}
    </Loaded>
  );
}

/** How the channel is reached, ready to copy. */
function Address({ deployment: { channel, address: plain }, place }: { deployment: Deployment; place: Place }) {
  const t = useText();
  const address = pinnedAddress(channel, plain, useIdentityPin());
  return (
    <div className="flex flex-col items-start gap-2">
      <p className="text-body text-muted">{t(`deploy.how.${channel}`)}</p>
      <pre
        dir="ltr"
        className="max-w-full overflow-x-auto rounded-control border border-line bg-sunken p-2 font-mono text-dense whitespace-pre-wrap"
      >
        {channel === 'api' ? `${location.origin}/openai/v1\nmodel: ${address}` : address}
      </pre>
      {channel !== 'api' && address !== plain && <p className="text-dense text-muted">{t('deploy.pin')}</p>}
      <div className="flex flex-wrap gap-2">
        <CopyButton text={address} label={t(`deploy.copy.${channel}`)} />
        {channel === 'page' && (
          <a href={address} target="_blank" rel="noopener noreferrer" className={buttonClass()}>
            {t('deploy.open')}
          </a>
        )}
        {channel === 'api' && (
          <Link to="/o/$org/keys" params={{ org: place.org }} className={buttonClass()}>
            {t('deploy.makeKey')}
          </Link>
        )}
      </div>
    </div>
  );
}
