export { attestedFetch } from './attested-fetch.ts';
export { ApiError, type Client, createClient } from './client.ts';
export { type DeviceJwk, type DeviceKey, deviceKeyFromJwk, deviceKeyOf, generateDeviceJwk, generateDeviceKey } from './device.ts';
export { type EnclaveConnection, type EnclaveOptions, openEnclave } from './enclave.ts';
export { BundleError, type EvidenceBundle, type VerifyBundleOptions, verifyBundle } from './evidence-bundle.ts';
export { failedChecks, NotVerifiedError } from './not-verified.ts';
export { memoryPins, type PinStore } from './pins.ts';
export { fetchTransport, type Transport } from './transport.ts';
export { type UploadProgress, uploadFile } from './upload.ts';
