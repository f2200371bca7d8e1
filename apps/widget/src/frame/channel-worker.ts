/** Checks the server and seals what is sent to it, away from the page. Visitors have no device key: each chat has a token of its own. */
import { openEnclave } from '@privexbot/sdk';
import { openBrowserStore, pinStore, pinsOf } from '@privexbot/ui/channel/browser-store.ts';
import { serveChannel } from '@privexbot/ui/channel/serve-channel.ts';

serveChannel(self, async (settings) =>
  openEnclave({ url: location.origin, pins: pinsOf(settings), store: pinStore(await openBrowserStore(), settings) }),
);
