/**
 * Some calls ask for a sign-in of the last minutes. Every call of the app goes through here: where the server asks, the person
 * is asked, and the call is sent again; so that no screen has to know which ones these are.
 */
import type { Transport } from '@privexbot/sdk';

/** Resolves with whether the person proved who they are. */
type Ask = () => Promise<boolean>;

let asking: Ask | undefined;

/** Who asks the person, from now on. @returns what ends that */
export function askBy(ask: Ask): () => void {
  asking = ask;
  return () => {
    if (asking === ask) asking = undefined;
  };
}

export function withStepUp(transport: Transport): Transport {
  return async (request) => {
    // A body is read once; those of files belong to calls that never ask.
    const isFile = request.headers.get('content-type') === 'application/octet-stream';
    const again = isFile ? undefined : request.clone();
    const response = await transport(request);
    if (response.status !== 403 || !again || !asking) return response;
    const { error } = (await response.clone().json()) as { error?: { code?: string } };
    return error?.code === 'step_up_required' && (await asking()) ? transport(again) : response;
  };
}
