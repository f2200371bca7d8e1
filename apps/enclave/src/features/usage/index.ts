export { Meter, type Spender, type Spending } from './meter.ts';
export { type Count, countUsage } from './store.ts';
