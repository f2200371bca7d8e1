import { LIMITS } from '@privexbot/contract';
import { Field, TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { brandTokens } from '@privexbot/ui/brand.ts';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import type { BotFormProps } from './BotForm.tsx';

/** What visitors see first: title, greeting, suggested questions, colour. */
export function LookFields({ settings, onChange }: BotFormProps) {
  const t = useText();
  // The lines as typed: an empty last line must survive until the next question stands in it.
  const [lines, setLines] = useState(settings.suggestedQuestions.join('\n'));
  const { look } = settings;
  const shown = brandTokens(look.colour, 'light')['--accent'] ?? look.colour;
  return (
    <>
      <TextField
        label={t('bots.title')}
        help={t('bots.titleHelp')}
        optional={t('field.optional')}
        value={look.title}
        maxLength={LIMITS.nameLength}
        onChange={(event) => onChange({ look: { ...look, title: event.currentTarget.value } })}
      />
      <TextArea
        label={t('bots.greeting')}
        optional={t('field.optional')}
        rows={2}
        value={settings.greeting}
        maxLength={LIMITS.greetingLength}
        onChange={(event) => onChange({ greeting: event.currentTarget.value })}
      />
      <TextArea
        label={t('bots.questions')}
        help={t('bots.questionsHelp', { limit: LIMITS.suggestedQuestions })}
        optional={t('field.optional')}
        rows={3}
        value={lines}
        onChange={(event) => {
          setLines(event.currentTarget.value);
          const questions = event.currentTarget.value.split('\n').map((line) => line.trim().slice(0, 200));
          onChange({ suggestedQuestions: questions.filter(Boolean).slice(0, LIMITS.suggestedQuestions) });
        }}
      />
      <Field label={t('bots.colour')} help={shown === look.colour.toLowerCase() ? undefined : t('bots.colourMoved', { shown })}>
        {(tie) => (
          <input
            {...tie}
            type="color"
            value={look.colour}
            onChange={(event) => onChange({ look: { ...look, colour: event.currentTarget.value } })}
            className="control w-20 rounded-control border border-control bg-surface p-1"
          />
        )}
      </Field>
    </>
  );
}
