export { CHECKS, type Check, type CheckId, type CheckStatus } from './checks.ts';
