import { ANSWER_STYLES, type BotSettings, LIMITS, TONES } from '@privexbot/contract';
import { Select, TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import type { Place } from '../../queries.ts';
import { FormSection } from './FormSection.tsx';
import { KnowledgePicker } from './KnowledgePicker.tsx';
import { LookFields } from './LookFields.tsx';
import { ModelPicker } from './ModelPicker.tsx';

export interface BotFormProps {
  settings: BotSettings;
  /** What visitors have now; changed fields are marked against it. */
  live: BotSettings | undefined;
  place: Place;
  disabled: boolean;
  onChange: (part: Partial<BotSettings>) => void;
}

const ANSWER_LANGUAGES = ['auto', 'en', 'es', 'fr', 'de', 'it', 'pt', 'nl', 'pl', 'ar', 'hi', 'ja', 'zh'] as const;

/** Everything a chatbot is, by section; each folded section says its value. */
export function BotForm(props: BotFormProps) {
  const { settings, live, disabled, onChange } = props;
  const { t, language } = useTexts();
  const [nameLeft, setNameLeft] = useState(false);
  const names = new Intl.DisplayNames([language.intl], { type: 'language' });
  const nameOf = (tag: string) => (tag === 'auto' ? t('bots.languageAuto') : (names.of(tag) ?? tag));
  const languages = [...new Set([...ANSWER_LANGUAGES, settings.language])];
  const changed = (...fields: (keyof BotSettings)[]) => ({
    changed: live ? fields.filter((field) => !isSame(live[field], settings[field])) : [],
    onDiscard: discard,
  });

  function discard(fields: readonly (keyof BotSettings)[]): void {
    if (live) onChange(Object.fromEntries(fields.map((field) => [field, live[field]])));
  }

  return (
    <fieldset disabled={disabled} className="flex min-w-0 flex-col gap-3">
      <legend className="sr-only">{t('bots.form')}</legend>
      <FormSection title={t('bots.section.basics')} open {...changed('name')}>
        <TextField
          label={t('bots.name')}
          value={settings.name}
          maxLength={LIMITS.nameLength}
          autoComplete="off"
          error={settings.name.trim() || !nameLeft ? undefined : t('bots.nameFirst')}
          onBlur={() => setNameLeft(true)}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      </FormSection>
      <FormSection title={t('bots.section.knowledge')} open {...changed('knowledgeBases')}>
        <KnowledgePicker
          place={props.place}
          chosen={settings.knowledgeBases}
          disabled={disabled}
          onChange={(knowledgeBases) => onChange({ knowledgeBases })}
        />
      </FormSection>
      <FormSection
        title={t('bots.section.behaviour')}
        summary={[t(`bots.tone.${settings.tone}`), t(`bots.style.${settings.answerStyle}`), nameOf(settings.language)].join(' · ')}
        {...changed('instructions', 'tone', 'answerStyle', 'language', 'whenUnsure')}
      >
        <TextArea
          label={t('bots.instructions')}
          help={t('bots.instructionsHelp')}
          optional={t('field.optional')}
          value={settings.instructions}
          maxLength={LIMITS.instructionsLength}
          onChange={(event) => onChange({ instructions: event.currentTarget.value })}
        />
        <div className="grid gap-4 xs:grid-cols-2">
          <Select
            label={t('bots.tone')}
            value={settings.tone}
            options={TONES.map((value) => ({ value, label: t(`bots.tone.${value}`) }))}
            onValueChange={(tone) => onChange({ tone })}
          />
          <Select
            label={t('bots.style')}
            value={settings.answerStyle}
            options={ANSWER_STYLES.map((value) => ({ value, label: t(`bots.style.${value}`) }))}
            onValueChange={(answerStyle) => onChange({ answerStyle })}
          />
          <Select
            label={t('bots.language')}
            value={settings.language}
            options={languages.map((value) => ({ value, label: nameOf(value) }))}
            onValueChange={(chosen) => onChange({ language: chosen })}
          />
        </div>
        <TextArea
          label={t('bots.whenUnsure')}
          help={t('bots.whenUnsureHelp')}
          optional={t('field.optional')}
          rows={2}
          value={settings.whenUnsure}
          maxLength={LIMITS.greetingLength}
          onChange={(event) => onChange({ whenUnsure: event.currentTarget.value })}
        />
      </FormSection>
      <FormSection
        title={t('bots.section.look')}
        summary={settings.look.title || settings.name}
        {...changed('greeting', 'suggestedQuestions', 'look')}
      >
        <LookFields {...props} />
      </FormSection>
      <FormSection title={t('bots.section.model')} open {...changed('model', 'temperature', 'maxOutputTokens')}>
        <ModelPicker {...props} />
      </FormSection>
    </fieldset>
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
