import { openLine } from '@privexbot/ui/channel/open-line.ts';
import { workerSpawner } from '@privexbot/ui/channel/spawn-worker.ts';
import { readAddress } from './address.ts';
import workerUrl from './channel-worker.ts?worker&url';

const { pin } = readAddress(location);

/** The one way to the server, which must be the environment that the link or the host page names, if it names one. */
export const line = openLine(workerSpawner(workerUrl), pin === undefined ? {} : { pin });

// A link to the page that is open, with another fragment, loads nothing by itself, and its pin would not count.
addEventListener('hashchange', () => location.reload());
