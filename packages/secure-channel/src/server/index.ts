export { CONTENT_TYPE, DEFAULT_PATH } from '../protocol/constants.ts';
export { encodeKeyConfig, type KeyConfig, keyConfigToSign } from '../protocol/key-config.ts';
export type { GetEvidence } from './evidence-batches.ts';
export { type ChannelServer, type ChannelServerOptions, createChannelServer, type Environment, type SealedAnswer } from './server.ts';
export type { Handler, Session } from './session.ts';
