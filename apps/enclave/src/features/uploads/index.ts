export { cancelUpload, openStoredFile, openUpload, removeStoredFile, type StoredFile, storeBytes, takeUpload } from './receive.ts';
