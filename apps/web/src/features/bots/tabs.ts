/** The parts of a chatbot's screen, as they stand in its address. */
export const BOT_TABS = ['configure', 'knowledge', 'deploy', 'versions'] as const;
export type BotTab = (typeof BOT_TABS)[number];
