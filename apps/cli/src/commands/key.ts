import type { Permission } from '@privexbot/contract';
import { command, UsageError } from '../command.ts';

const DAY_MS = 24 * 60 * 60_000;

export const createKey = command({
  words: 'key create',
  summary: 'Make an API key with your own rights; it is shown once',
  takes: [],
  options: {
    name: { type: 'string', value: 'N', help: 'What the key is for' },
    scopes: { type: 'string', value: 'A,B', help: 'Permissions it is made for, such as ai.invoke,data.read; all of yours unless given' },
    networks: { type: 'string', value: 'A,B', help: 'Networks it is taken from, such as 203.0.113.0/24; all unless given' },
    days: { type: 'string', value: 'N', help: 'How many days it works; until it is revoked unless given' },
    plain: { type: 'boolean', help: 'For programs that cannot use the sealed channel: readable by whoever ends TLS; Admins only' },
  },
  async run({ values, screen, connect }) {
    const { client, org } = await connect();
    const { scopes, networks, days } = values;
    const body = {
      name: values.name ?? 'Command line',
      plain: values.plain,
      // The server names what is no permission, network or time.
      ...(scopes ? { scopes: scopes.split(',') as Permission[] } : {}),
      ...(networks ? { networks: networks.split(',') } : {}),
      ...(days ? { expiresAt: inDays(days) } : {}),
    };
    const { id, name, ending, plain, expiresAt, key } = await client.apiKeys.create({ params: { org }, body });
    screen.note('Keep this key now: it is not shown again.');
    return { value: { id, name, ending, plain, expiresAt, key }, text: key };
  },
});

function inDays(days: string): string {
  if (!/^[1-9]\d{0,4}$/.test(days)) throw new UsageError('--days takes a number of days, such as 90');
  return new Date(Date.now() + Number(days) * DAY_MS).toISOString();
}
