import { openLine } from '@privexbot/ui/channel/open-line.ts';
import { workerSpawner } from '@privexbot/ui/channel/spawn-worker.ts';
import workerUrl from './channel-worker.ts?worker&url';

/** The one way to the server. It begins to check as soon as the page is there. */
export const line = openLine(workerSpawner(workerUrl), {});
