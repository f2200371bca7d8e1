export { askBot, listConversationsOf, type Ports, previewBot, readConversation } from './ask.ts';
export { answerTurn, cleanQuestion, newThread, TurnWriter } from './turns.ts';
export { visitorRoutes } from './visitors.ts';
