export { type AttestedEnvironment, environmentId, openEnvironment, originsOf } from './environment.ts';
export { mountEvidence } from './evidence-route.ts';
