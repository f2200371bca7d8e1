export { type Choice, findDestination, Models, requireChoice } from './resolve.ts';
