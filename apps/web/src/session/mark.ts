import { recall, remember } from '@privexbot/ui/remember.ts';

const KEY = 'signed-in';

/** Remembers that somebody signed in on this device. It grants nothing; it spares the others a refused call on every first visit. */
export function markSignedIn(is: boolean): void {
  remember(KEY, is ? 'yes' : '');
}

export function wasSignedIn(): boolean {
  return recall(KEY) === 'yes';
}
