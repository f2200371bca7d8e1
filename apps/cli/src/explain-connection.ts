// Why no sealed connection came about, in a sentence that says what to do.
import { failedChecks, NotVerifiedError } from '@privexbot/sdk';
import { ChannelError } from '@privexbot/secure-channel';
import { Refusal } from './command.ts';

/** What was learned of the environment that used to answer, where nothing else says which one must. */
export interface Memory {
  /** The file that holds it. */
  readonly path: string;
  /** Whether it was ever verified on real hardware. */
  readonly isOfHardware: boolean;
}

/** The failure as the person should read it; others stay what they are. */
export async function explainConnection(error: unknown, url: string, memory?: Memory): Promise<unknown> {
  if (error instanceof NotVerifiedError) return new NotVerified(await adviseOn(error, url, memory), error);
  if (!(error instanceof ChannelError)) return error;
  if (error.code !== 'transport_failed' && error.code !== 'malformed_message') return new Refusal(error.message, { cause: error });
  return new Refusal(error.cause ? unreachable(url) : await describeStranger(url), { cause: error });
}

/** The environment did not pass the checks: exit code 1. */
export class NotVerified extends Refusal {
  readonly verdict: NotVerifiedError['verdict'];

  constructor(message: string, { verdict }: NotVerifiedError) {
    super(message);
    this.verdict = verdict;
  }
}

function unreachable(url: string): string {
  return `There is no PrivexBot at ${url}. Start it, or name another server with --url.`;
}

/** What answers, but not in the sealed channel. */
async function describeStranger(url: string): Promise<string> {
  try {
    const response = await fetch(new URL('/v1/openapi.json', url), { signal: AbortSignal.timeout(10_000) });
    const { info } = (await response.json()) as { info?: { title?: unknown } };
    if (String(info?.title).includes('PrivexBot'))
      return `The PrivexBot at ${url} does not speak the sealed channel of this program. Update whichever of the two is older.`;
  } catch {
    // Not one of ours, or it went away.
  }
  return `What answers at ${url} is not PrivexBot, or something on the way keeps sealed messages from it. Check the address.`;
}

const IDENTITY_ADVICE =
  'If it was set up anew, ask whoever runs it for its identity key and name it once with --identity KEY; otherwise do not use it.';
/** Checks that compare with the clock. */
const DATED = new Set(['freshness', 'chain', 'crl', 'tcb-info', 'qe-identity', 'release-log']);
const CLOCK_SLACK_MS = 5 * 60_000;

async function adviseOn({ message, verdict }: NotVerifiedError, url: string, memory: Memory | undefined): Promise<string> {
  const failed = failedChecks(verdict).map(({ id }) => id);
  const sentences = [message];
  if (failed.includes('identity')) sentences.push(IDENTITY_ADVICE, ...startingOver(url, failed, memory));
  if (failed.some((id) => DATED.has(id))) sentences.push(...(await clockAdvice(url)));
  return sentences.join(' ');
}

function startingOver(url: string, failed: readonly string[], memory: Memory | undefined): string[] {
  if (!memory) return [];
  const known = `What is known of the old one stands in ${memory.path}.`;
  const isRest = failed.some((id) => id !== 'identity');
  if (memory.isOfHardware || isRest) return [known];
  return [known, `If you set the server up anew yourself, for example by deleting its data folder: "privexbot forget ${url}".`];
}

/** The server's clock, which nobody vouches for, is a reason to look at one's own. */
async function clockAdvice(url: string): Promise<string[]> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    const apart = Date.now() - Date.parse(response.headers.get('date') ?? '');
    if (!(Math.abs(apart) > CLOCK_SLACK_MS)) return [];
    return [`The clock of this computer says ${new Date().toISOString()}, that of the server something else: check it first.`];
  } catch {
    return [];
  }
}
