import { readMessage, type ToHost } from '../messages.ts';

/** The line to the host page; silent on the hosted page, which has none. */
export function openHostLine(host: string | undefined, onOpen: () => void) {
  const inFrame = host !== undefined && parent !== window;
  const listener = (event: MessageEvent) => {
    if (event.origin === host && event.source === parent && readMessage(event.data)?.privexbot === 'open') onOpen();
  };
  if (inFrame) addEventListener('message', listener);
  return {
    inFrame,
    send(message: ToHost): void {
      if (inFrame) parent.postMessage(message, host);
    },
    close: () => removeEventListener('message', listener),
  };
}
