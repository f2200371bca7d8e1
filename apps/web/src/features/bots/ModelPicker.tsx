import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { DestinationLine } from '@privexbot/ui/state/DestinationLine.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { Loaded } from '../../parts/Loaded.tsx';
import { modelName } from '../../parts/model-name.ts';
import { modelsQuery } from '../../queries.ts';
import type { BotFormProps } from './BotForm.tsx';
import { useDestinations } from './destinations.ts';

/** The model, each with where it runs, and beneath it where content goes. */
export function ModelPicker({ settings, place, disabled, onChange }: BotFormProps) {
  const t = useText();
  const query = useQuery(modelsQuery(place.org));
  const destinations = useDestinations(place.org, settings);
  return (
    <Loaded query={query} failed={t('models.loadFailed')}>
      {(models) => (
        <>
          <Select
            label={t('bots.model')}
            help={settings.model === 'grounded' ? t('bots.groundedHelp') : undefined}
            value={settings.model}
            disabled={disabled}
            options={models.map(({ id, name, destination }) => ({
              value: id,
              label: `${modelName(t, { id, name })} · ${destination === 'this machine' ? t('models.here') : t('models.outside', { host: destination })}`,
            }))}
            onValueChange={(model) => onChange({ model })}
          />
          <DestinationLine destinations={destinations} />
          {settings.model !== 'grounded' && (
            <div className="grid gap-4 xs:grid-cols-2">
              <TextField
                label={t('bots.temperature')}
                help={t('bots.temperatureHelp')}
                type="number"
                min={0}
                max={2}
                step={0.1}
                value={settings.temperature}
                onChange={(event) => onChange({ temperature: event.currentTarget.valueAsNumber })}
              />
              <TextField
                label={t('bots.maxTokens')}
                type="number"
                min={16}
                max={8_192}
                step={1}
                value={settings.maxOutputTokens}
                onChange={(event) => onChange({ maxOutputTokens: event.currentTarget.valueAsNumber })}
              />
            </div>
          )}
        </>
      )}
    </Loaded>
  );
}
