// What the app may ask of SCIM.
export { mountScim } from './serve.ts';
export { forgetDirectory } from './store.ts';
