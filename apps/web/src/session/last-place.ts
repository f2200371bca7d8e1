import { recall, remember } from '@privexbot/ui/remember.ts';

const KEY = 'last-place';

/** Organization and workspace that were open last on this device; either may be gone since. */
export function lastPlace(): [org: string, workspace: string] {
  const [org = '', workspace = ''] = (recall(KEY) ?? '').split('/');
  return [org, workspace];
}

export function rememberPlace(org: string, workspace: string): void {
  remember(KEY, `${org}/${workspace}`);
}
