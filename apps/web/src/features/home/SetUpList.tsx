import type { Bot } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, type LinkProps } from '@tanstack/react-router';
import { Check, Circle } from 'lucide-react';
import type { Place } from '../../queries.ts';

interface Step {
  label: string;
  done: boolean;
  link: LinkProps;
}

/** From nothing to a bot that visitors can ask; disappears when all of it is done. */
export function SetUpList({
  bots,
  bases,
  place,
  onWelcome,
}: {
  bots: readonly Bot[];
  bases: readonly { documents: number }[];
  place: Place;
  onWelcome: () => void;
}) {
  const t = useText();
  const newest = bots[0];
  const steps: Step[] = [
    {
      label: t('home.step.documents'),
      done: bases.some((base) => base.documents > 0),
      link: { to: '/o/$org/w/$workspace/knowledge', params: place },
    },
    { label: t('home.step.bot'), done: bots.length > 0, link: { to: '/o/$org/w/$workspace/bots/new', params: place } },
    {
      label: t('home.step.publish'),
      done: bots.some((bot) => bot.live),
      link: newest
        ? { to: '/o/$org/w/$workspace/bots/$bot/$tab', params: { ...place, bot: newest.id, tab: 'deploy' } }
        : { to: '/o/$org/w/$workspace/bots', params: place },
    },
  ];
  const left = steps.filter((step) => !step.done).length;
  if (left === 0) return null;
  return (
    <section className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <h2 className="text-reading font-semibold">{t('home.setUp')}</h2>
      <p className="text-dense text-muted">{t('home.left', { left })}</p>
      <ol className="flex flex-col gap-1">
        {steps.map((step) => (
          <li key={step.label} className="flex min-h-8 items-center gap-2">
            <Icon of={step.done ? Check : Circle} className={step.done ? 'text-success' : 'text-faint'} />
            {step.done ? (
              <span className="text-muted">
                {step.label} <span className="sr-only">{t('stage.done')}</span>
              </span>
            ) : (
              <Link {...step.link} className="text-accent-text hover:underline">
                {step.label}
              </Link>
            )}
          </li>
        ))}
      </ol>
      {bots.length === 0 && (
        <Button variant="primary" onClick={onWelcome}>
          {t('home.guide')}
        </Button>
      )}
    </section>
  );
}
