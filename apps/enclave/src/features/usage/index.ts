export { countUsage } from './store.ts';
