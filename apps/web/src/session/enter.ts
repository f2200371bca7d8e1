import { loadRest } from 'virtual:catalogs';
import type { Texts } from '@privexbot/ui/text/texts.ts';
import { toFailure } from '../api.ts';
import { meQuery, queryClient } from '../queries.ts';
import { markSignedIn, wasSignedIn } from './mark.ts';

/** The signed-in person, with all words of the app loaded; undefined for anybody else. */
export async function enter(texts: Texts) {
  if (!wasSignedIn()) return undefined;
  try {
    const [account] = await Promise.all([queryClient.ensureQueryData(meQuery), texts.extend(loadRest)]);
    return account;
  } catch (error) {
    if (toFailure(error).code !== 'not_signed_in') throw error;
    markSignedIn(false);
    return undefined;
  }
}
