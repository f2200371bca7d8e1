import { LIMITS } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { IconButton } from '@privexbot/ui/base/IconButton.tsx';
import { brandTokens } from '@privexbot/ui/brand.ts';
import { Composer } from '@privexbot/ui/chat/Composer.tsx';
import { MessageList } from '@privexbot/ui/chat/MessageList.tsx';
import { PassageSheet } from '@privexbot/ui/chat/PassageView.tsx';
import type { ChatTurn } from '@privexbot/ui/chat/turns.ts';
import { useChat } from '@privexbot/ui/chat/use-chat.ts';
import { useOpenedPassage } from '@privexbot/ui/chat/use-opened-passage.ts';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Monitor, Moon, RotateCcw, Smartphone, Sun } from 'lucide-react';
import { useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { modelName } from '../../parts/model-name.ts';
import { modelsQuery, type Place } from '../../queries.ts';
import { useReason } from '../../session/use-reason.ts';
import { useDestinations } from './destinations.ts';
import { openPassage } from './open-passage.ts';
import type { Draft } from './use-draft.ts';

/** A real chat on the draft, with the parts the widget is made of. */
export function BotPreview({ draft, place }: { draft: Draft; place: Place }) {
  const t = useText();
  const { settings } = draft;
  const destinations = useDestinations(place.org, settings);
  const models = useQuery(modelsQuery(place.org)).data ?? [];
  const reason = useReason()('ai.invoke');
  const [phone, setPhone] = useState(false);
  const [theme, setTheme] = useState<'light' | 'dark'>(document.documentElement.classList.contains('dark') ? 'dark' : 'light');
  const chat = useChat({
    toFailure,
    ask: async ({ question, before, signal }) => {
      const bot = await draft.flush();
      return (await api()).bots.preview(
        { params: { ...place, bot: bot?.id ?? '' }, body: { question, history: toHistory(before) } },
        { signal },
      );
    },
  });
  const passage = useOpenedPassage((_, citation) => openPassage(place, settings.knowledgeBases, citation), toFailure);
  const blocked = reason ?? (settings.name.trim() ? undefined : t('bots.nameFirst'));

  return (
    <section aria-label={t('bots.preview')} className="sticky top-4 flex flex-col gap-2">
      <div className="flex items-center gap-1">
        <h2 className="flex-1 text-body font-medium">{t('bots.preview')}</h2>
        <IconButton
          icon={phone ? Monitor : Smartphone}
          label={phone ? t('bots.previewWide') : t('bots.previewPhone')}
          onClick={() => setPhone(!phone)}
        />
        <IconButton
          icon={theme === 'dark' ? Sun : Moon}
          label={theme === 'dark' ? t('bots.previewLight') : t('bots.previewDark')}
          onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
        />
        <IconButton icon={RotateCcw} label={t('bots.previewReset')} onClick={chat.reset} />
      </div>
      <div
        className={`${theme} flex h-[min(40rem,calc(100dvh-9rem))] flex-col self-center overflow-hidden rounded-card border border-line bg-canvas text-ink ${phone ? 'w-full max-w-90' : 'w-full'}`}
        style={brandTokens(settings.look.colour, theme)}
      >
        <header className="flex items-center justify-between gap-2 border-b border-line bg-surface px-3 py-2">
          <bdi className="truncate font-semibold">{settings.look.title || settings.name || t('bots.unnamed')}</bdi>
          <span className="text-caption text-muted">{t('bots.previewDraft')}</span>
        </header>
        <MessageList
          turns={chat.turns}
          start={<Start settings={settings} isEmpty={chat.turns.length === 0} onAsk={blocked ? undefined : chat.send} />}
          actions={{
            busy: chat.busy,
            nameModel: (id) => modelName(t, models.find((model) => model.id === id) ?? { id, name: id }),
            onOpenCitation: passage.open,
            onRetry: chat.retry,
            onEdit: chat.edit,
            onBranch: ({ key }, step) => chat.dispatch({ type: 'branch', key, step }),
          }}
        />
        <div className="p-3 pt-0">
          <Composer
            label={t('visitor.ask')}
            destinations={destinations}
            busy={chat.busy}
            limit={LIMITS.questionLength}
            disabledReason={blocked}
            onSend={chat.send}
            onStop={chat.stop}
            lastQuestion={chat.turns.at(-1)?.question}
          />
        </div>
      </div>
      <PassageSheet opening={passage.opening} onClose={passage.close} onRetry={passage.retry} />
    </section>
  );
}

function Start({
  settings,
  isEmpty,
  onAsk,
}: {
  settings: Draft['settings'];
  isEmpty: boolean;
  onAsk: ((question: string) => void) | undefined;
}) {
  const t = useText();
  return (
    <div className="flex flex-col items-start gap-3">
      <p dir="auto" className="text-reading whitespace-pre-wrap">
        {settings.greeting || t('visitor.greeting')}
      </p>
      {isEmpty &&
        onAsk &&
        settings.suggestedQuestions.map((question) => (
          <Button key={question} className="h-auto py-1.5 text-start whitespace-normal" onClick={() => onAsk(question)}>
            <bdi>{question}</bdi>
          </Button>
        ))}
    </div>
  );
}

function toHistory(turns: readonly ChatTurn[]): { question: string; answer: string }[] {
  return turns.filter((turn) => turn.answer).map(({ question, answer }) => ({ question, answer }));
}
