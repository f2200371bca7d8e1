import { RadioGroup, Switch } from '@privexbot/ui/base/Checkbox.tsx';
import { recall, remember } from '@privexbot/ui/remember.ts';
import { LanguagePicker } from '@privexbot/ui/text/LanguagePicker.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { chooseTheme, chosenTheme, type Theme } from '../../session/theme.ts';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** Kept on this device only; each takes effect at once. */
export function Preferences() {
  const t = useText();
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <div className="flex flex-col items-start gap-4">
      <div className="flex flex-col gap-1">
        <p className="text-body font-medium">{t('language.label')}</p>
        <LanguagePicker />
      </div>
      <RadioGroup
        legend={t('account.theme')}
        value={theme}
        options={THEMES.map((value) => ({ value, label: t(`account.theme.${value}`) }))}
        onValueChange={(next) => {
          chooseTheme(next);
          setTheme(next);
        }}
      />
      <Remembered name="shortcuts" label={t('account.shortcuts')} description={t('account.shortcutsText')} />
      <Remembered name="streaming" label={t('account.streaming')} description={t('account.streamingText')} />
    </div>
  );
}

function Remembered({ name, label, description }: { name: string; label: string; description: string }) {
  const [on, setOn] = useState(recall(name) !== 'off');
  return (
    <Switch
      label={label}
      description={description}
      checked={on}
      onCheckedChange={(checked) => {
        remember(name, checked ? 'on' : 'off');
        setOn(checked);
      }}
    />
  );
}
