export type { Channel } from './client/channel.ts';
export { type ConnectOptions, connect, type Peer, type Resumption } from './client/connect.ts';
export type { Transport } from './client/exchange.ts';
export { ChannelError, type ChannelErrorCode, isChannelErrorCode, REFUSALS, type Resend } from './errors.ts';
export { CONTENT_TYPE, DEFAULT_PATH } from './protocol/constants.ts';
export type { KeyConfig } from './protocol/key-config.ts';
export type { SuiteId } from './protocol/suites.ts';
