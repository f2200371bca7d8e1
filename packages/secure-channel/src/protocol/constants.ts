import { utf8 } from './bytes.ts';

/** The protocol's name and version, in front of every label (docs/secure-channel.md §1). */
export const VERSION = 'privexbot-channel-1';
export const VERSION_BYTES = utf8(VERSION);
export const CONTENT_TYPE = 'application/vnd.privexbot.channel';
export const DEFAULT_PATH = '/channel';

export const KIND = { hello: 0, sealedRequest: 1, answer: 2 } as const;
export const DIRECTION = { toServer: 0, toClient: 1 } as const;
export type Direction = (typeof DIRECTION)[keyof typeof DIRECTION];

export const MAX_HELLO_BYTES = 8_192;
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
export const MAX_STREAM_ID = 0xffff_ffff - 1;
export const REPLAY_WINDOW = 64;
export const COALESCE_MS = 25;

const MINUTE_MS = 60_000;
export const TICKET_IDLE_MS = 60 * MINUTE_MS;
export const SESSION_MAX_MS = 300 * MINUTE_MS;
