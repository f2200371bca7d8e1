export { type Choice, DEFAULT_CONTEXT_TOKENS, findDestination, Models, requireChoice } from './resolve.ts';
