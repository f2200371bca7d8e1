/** Checks the server, holds the key of this device, and seals what is sent: all of it away from the page. */
import { deviceKeyOf, generateDeviceKey, openEnclave } from '@privexbot/sdk';
import { deviceKeyPair, memoryOf, openBrowserStore, pinStore, pinsOf } from '@privexbot/ui/channel/browser-store.ts';
import { serveChannel } from '@privexbot/ui/channel/serve-channel.ts';

/** As much as the server takes of what a device calls itself. */
const NAME_LENGTH = 200;

serveChannel(self, async (settings) => {
  const store = await openBrowserStore();
  const device = await deviceKeyOf(await deviceKeyPair(store, generateDeviceKey), navigator.userAgent.slice(0, NAME_LENGTH));
  const connection = openEnclave({ url: location.origin, pins: pinsOf(settings), store: pinStore(store, settings), device });
  return Object.assign(connection, memoryOf(store, settings, location.origin));
});
