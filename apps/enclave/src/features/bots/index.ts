export { openDraft } from './drafts.ts';
export { type LiveBot, LiveBots } from './live.ts';
export { countUsers } from './model-users.ts';
export { settingsOf } from './settings.ts';
export { requireBotRow } from './store.ts';
