export type { Channel } from './client/channel.ts';
export { type ConnectOptions, connect, type Exchange, type Peer, type Resumption, repeatHandshake } from './client/connect.ts';
export { verifyEd25519 } from './client/ed25519.ts';
export type { Transport } from './client/exchange.ts';
export { ChannelError, type ChannelErrorCode, isChannelErrorCode, REFUSALS, type Resend } from './errors.ts';
export { fromBase64url, toBase64url } from './protocol/bytes.ts';
export { CONTENT_TYPE, DEFAULT_PATH } from './protocol/constants.ts';
export type { KeyConfig } from './protocol/key-config.ts';
export type { SuiteId } from './protocol/suites.ts';
