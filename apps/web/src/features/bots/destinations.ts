import type { BotSettings } from '@privexbot/contract';
import { useQuery } from '@tanstack/react-query';
import { modelsQuery } from '../../queries.ts';

/** Where content of a draft would go, from the model chosen in the form and not from what was saved last. */
export function useDestinations(org: string, settings: Pick<BotSettings, 'model'>): string[] {
  const models = useQuery(modelsQuery(org)).data ?? [];
  return [models.find((model) => model.id === settings.model)?.destination ?? 'this machine'];
}
