export { ApiError, type Client, createClient } from './client.ts';
export { fetchTransport, type Transport } from './transport.ts';
export { type UploadProgress, uploadFile } from './upload.ts';
