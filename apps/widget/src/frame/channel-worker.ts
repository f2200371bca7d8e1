/** Checks the server and seals what is sent to it, away from the page. Visitors have no device key: each chat has a token of its own. */
import { openEnclave } from '@privexbot/sdk';
import { memoryOf, openBrowserStore, pinStore, pinsOf } from '@privexbot/ui/channel/browser-store.ts';
import { serveChannel } from '@privexbot/ui/channel/serve-channel.ts';

serveChannel(self, async (settings) => {
  const store = await openBrowserStore();
  const connection = openEnclave({ url: location.origin, pins: pinsOf(settings), store: pinStore(store, settings) });
  return Object.assign(connection, memoryOf(store, settings, location.origin));
});
