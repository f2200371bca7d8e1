import type { Evidence } from '@privexbot/attestation';
import type { Log } from '../../../log.ts';
import { StartProblem } from '../../../start-problem.ts';
import { hex } from '../registers.ts';
import type { TeeProvider } from '../tee-provider.ts';
import { openIntelCollateral } from './collateral.ts';
import { examine, START_DATA } from './examine.ts';
import { callGuestAgent, textOf } from './guest-agent.ts';

export interface DstackOptions {
  readonly collateralFolder?: string | undefined;
  readonly log: Log;
  readonly now: () => Date;
  readonly socketPath?: string;
}

const SOCKET_PATH = '/var/run/dstack.sock';

/** A TD that dstack's image started for a compose file: that file, whose hash RTMR3 holds, carries the settings. */
export async function openDstack({ collateralFolder: folder, log, now, socketPath = SOCKET_PATH }: DstackOptions): Promise<TeeProvider> {
  const collateral = await openIntelCollateral({ folder, log, now });
  const appCompose = appComposeOf(textOf(await callGuestAgent(socketPath, 'Info', {}), 'tcb_info'));
  const attest = async (reportData: Uint8Array): Promise<Evidence> => {
    const [answer, { content }] = await Promise.all([
      callGuestAgent(socketPath, 'GetQuote', { report_data: hex(reportData) }),
      collateral.get(),
    ]);
    return {
      tee: 'tdx',
      quote: new Uint8Array(Buffer.from(textOf(answer, 'quote'), 'hex')),
      eventLog: { kind: 'dstack', log: textOf(answer, 'event_log'), appCompose },
      ...(content ? { collateral: content } : {}),
    };
  };
  const { registers } = await examine('dstack', await attest(START_DATA), now(), log);
  if (registers.compose_hash === undefined)
    throw new StartProblem('The guest agent’s log does not fit the registers of this machine, so nothing proves what was started.');
  return {
    kind: 'dstack',
    tee: 'tdx',
    isSimulated: false,
    registers,
    get collateralVersion() {
      return collateral.current.version;
    },
    attest,
    async [Symbol.asyncDispose]() {},
  };
}

/** `tcb_info` is JSON in a text; `app_compose` in it is the text of app-compose.json as it was measured. */
function appComposeOf(tcbInfo: string): string {
  try {
    const { app_compose: appCompose } = JSON.parse(tcbInfo) as { app_compose?: unknown };
    if (typeof appCompose === 'string') return appCompose;
  } catch {
    // Said below, like a text without it.
  }
  throw new StartProblem('The guest agent does not say which app-compose.json was started.');
}
