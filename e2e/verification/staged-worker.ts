// In the place of the worker that checks: it says what a test tells it, so that screens can be seen in states that no test server is in.
import type { EnvironmentVerdict } from '@privexbot/attestation';
import type { Page } from 'playwright-core';

/** `unreachable`: the server did not answer the check. */
export type Staged = EnvironmentVerdict | 'unreachable';

const CHANNEL = 'staged-verdicts';
const BOT = {
  title: 'Help',
  greeting: '',
  suggestedQuestions: [],
  colour: '#00717a',
  language: 'en',
  answers: 'quotes',
  destinations: ['this machine', 'models.example'],
};

/** Runs in the browser, as a worker. It answers every call with what describes a bot, and tells of each by a message on the channel. */
function worker(channelName: string, bot: string): void {
  const stage = new BroadcastChannel(channelName);
  const answered = new Set<number>();
  stage.onmessage = ({ data }) => {
    if (data.staged === 'unreachable') postMessage({ is: 'unreachable' });
    else if (data.staged) postMessage({ is: 'checked', verdict: data.staged, keyWords: 'amber nine fox' });
  };
  self.onmessage = ({ data }) => {
    if (data.do === 'check') {
      postMessage({ is: 'checking' });
      stage.postMessage({ asked: 'check' });
    }
    if (data.do === 'request') {
      stage.postMessage({ asked: data.path });
      postMessage({ is: 'head', id: data.id, status: 200, headers: [['content-type', 'application/json']], hasBody: true });
    }
    if (data.do === 'pull' && answered.has(data.id)) postMessage({ is: 'end', id: data.id });
    else if (data.do === 'pull') {
      answered.add(data.id);
      postMessage({ is: 'piece', id: data.id, bytes: new TextEncoder().encode(bot).buffer });
    }
  };
}

export interface Stage {
  /** The check that is under way, or the next one, ends so. */
  say(staged: Staged): Promise<void>;
  /** Paths that were called, in order. */
  calls(): Promise<string[]>;
}

/** Replaces the worker of a page before it is opened. */
export async function stageWorker(page: Page): Promise<Stage> {
  const body = `(${worker})(${JSON.stringify(CHANNEL)}, ${JSON.stringify(JSON.stringify(BOT))})`;
  await page.route('**/assets/channel-worker*.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
  await page.addInitScript((channelName) => {
    const staged = { stage: new BroadcastChannel(channelName), calls: [] as string[], isAsked: false };
    staged.stage.onmessage = ({ data }) => {
      if (data.asked === 'check') staged.isAsked = true;
      else if (data.asked) staged.calls.push(data.asked);
    };
    Object.assign(window, { staged });
  }, CHANNEL);
  return {
    async say(staged) {
      await page.waitForFunction(() => (window as unknown as Staging).staged.isAsked);
      await page.evaluate((said) => (window as unknown as Staging).staged.stage.postMessage({ staged: said }), staged);
    },
    calls: () => page.evaluate(() => (window as unknown as Staging).staged.calls),
  };
}

interface Staging {
  staged: { stage: BroadcastChannel; calls: string[]; isAsked: boolean };
}
