import { BotSettings } from '@privexbot/contract';

/** Whether a draft could be stored as it is. A file of its own, fetched beside the screen: the schemas weigh more than it does. */
export function areValid(settings: BotSettings): boolean {
  return BotSettings.safeParse(settings).success;
}
