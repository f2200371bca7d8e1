export { openStoredFile, removeStoredFile, type StoredFile, storeBytes, takeUpload } from './receive.ts';
