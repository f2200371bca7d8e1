import type { BotSettings } from '@privexbot/contract';
import { chatbotSettings, type Flow } from '@privexbot/flow';
import { AppError } from '../../errors.ts';

/** The form of a bot. Every flow here was written by the form and was checked then, so its ids are ids. */
export function settingsOf(flow: Flow): BotSettings {
  const settings = chatbotSettings(flow);
  if (!settings) throw new AppError('internal');
  return settings as BotSettings;
}
