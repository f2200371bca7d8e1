import { command, Refusal } from '../command.ts';
import { serverUrl } from '../connect.ts';
import { filePins } from '../file-pins.ts';
import { removeLogin } from '../stored-login.ts';

/** For a server that was set up anew in development. What hardware once vouched for is not given up by a command that somebody may be talked into. */
export const forget = command({
  words: 'forget',
  summary: 'Forget a simulated environment that was set up anew, and the login there',
  takes: ['URL'],
  options: {},
  async run({ args: [given = ''], env }) {
    const url = serverUrl({ url: given }, env);
    const pins = filePins(env);
    const known = await pins.read(url);
    if (known?.wasVerified)
      throw new Refusal(
        `The environment at ${url} was verified on real hardware. If whoever runs it says that it was set up anew, ask for its identity key and name it once with --identity KEY.`,
      );
    if (known) await pins.forget(url);
    const isSignedOut = await removeLogin(env, url);
    const text = known ? `Forgotten. Whoever answers at ${url} next is taken and remembered.` : `Nothing was known of ${url}.`;
    return {
      value: { url, forgotten: known !== undefined, signedOut: isSignedOut },
      text: isSignedOut ? `${text} Sign in again: privexbot login --url ${url}` : text,
    };
  },
});
