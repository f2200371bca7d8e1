/** What the host page and the chat's frame say to each other. Nothing typed or answered ever travels this way. */
export type ToHost = { privexbot: 'close' } | { privexbot: 'resize'; expanded: boolean } | { privexbot: 'unread'; count: number };
export type ToFrame = { privexbot: 'open' };

const KINDS = new Set(['close', 'resize', 'unread', 'open']);

/** The message, where it is one of ours; anything else a page may post is ignored. */
export function readMessage(data: unknown): ToHost | ToFrame | undefined {
  if (typeof data !== 'object' || data === null || !('privexbot' in data)) return undefined;
  return typeof data.privexbot === 'string' && KINDS.has(data.privexbot) ? (data as ToHost | ToFrame) : undefined;
}
