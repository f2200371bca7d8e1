/** What a verdict does not say, whatever it is. Screens show these sentences below the checks. */
export const LIMITS = {
  'side-channels': 'Somebody who runs programs on the same machine may learn something from timing and power.',
  physical: 'Somebody with the machine in hand and costly tools may read its memory.',
  code: 'The release may have faults. Its source is public so that they can be found.',
  availability: 'Whoever runs the machine can switch it off or slow it down.',
  metadata: 'The network sees that you connect, when, how much, and the addresses of pages.',
  'first-use': 'This is the first visit: nobody vouched that this environment is the one you mean. Later visits notice another one.',
  witness: 'No witness outside watches the log of releases.',
  simulated: 'No hardware protects this: whoever runs it can read everything.',
  script: 'The page that made this check came from the same address. The command line and a pinned link check without it.',
} as const;

export type LimitId = keyof typeof LIMITS;

export const ALWAYS: readonly LimitId[] = ['side-channels', 'physical', 'code', 'availability', 'metadata'];
