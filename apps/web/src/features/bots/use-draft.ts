import { BOT_DEFAULTS, type Bot, type BotSettings } from '@privexbot/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api } from '../../api.ts';
import { botQuery, botsQuery, type Place } from '../../queries.ts';
import { createSaver, type SaveState } from './saver.ts';

const NEW_BOT: Omit<BotSettings, 'name'> = { ...BOT_DEFAULTS, suggestedQuestions: [], knowledgeBases: [] };

/** A draft that saves itself. A new one is stored with its first named keystroke; each save carries the revision it was read at. */
export function useDraft(place: Place, initial: Bot | undefined, name = '') {
  const queryClient = useQueryClient();
  const [settings, setSettings] = useState<BotSettings>(() => initial?.settings ?? { ...NEW_BOT, name });
  const [saving, setSaving] = useState<SaveState<Bot>>();

  const { org, workspace } = place;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one saver lives as long as the editor of one bot
  const saver = useMemo(
    () =>
      createSaver<BotSettings, Bot>(
        initial,
        async (value, before) => {
          const client = await api();
          const bot = before
            ? await client.bots.change({ params: { ...place, bot: before.id }, body: { settings: value, revision: before.revision } })
            : await client.bots.create({ params: place, body: value });
          queryClient.setQueryData(botQuery({ ...place, bot: bot.id }).queryKey, bot);
          void queryClient.invalidateQueries({ queryKey: botsQuery(place).queryKey });
          return bot;
        },
        setSaving,
      ),
    [initial?.id, org, workspace],
  );

  /** What was typed and is still looked at; in order. */
  const looked = useRef(Promise.resolve());
  const flush = () => looked.current.then(() => saver.flush());
  // What was typed last is written when the editor is left.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the reference is one for as long as the saver
  useEffect(() => () => void flush().catch(() => undefined), [saver]);

  return {
    settings,
    saving,
    flush,
    change(part: Partial<BotSettings>): void {
      const next = { ...settings, ...part };
      setSettings(next);
      looked.current = looked.current.then(async () => {
        const { areValid } = await import('./valid-settings.ts');
        // What is typed on the way to something valid is not stored.
        if (areValid(next)) saver.change(next);
      });
    },
    /** After a conflict: takes what somebody else stored instead of what is typed here. */
    async takeTheirs(): Promise<void> {
      const mine = saver.stored();
      if (!mine) return;
      const theirs = await queryClient.fetchQuery({ ...botQuery({ ...place, bot: mine.id }), staleTime: 0 });
      saver.restart(theirs);
      setSettings(theirs.settings);
      setSaving(undefined);
    },
  };
}

export type Draft = ReturnType<typeof useDraft>;
