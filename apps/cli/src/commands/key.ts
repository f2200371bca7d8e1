import { command } from '../command.ts';

export const createKey = command({
  words: 'key create',
  summary: 'Make an API key with your own rights; it is shown once',
  takes: [],
  options: {
    name: { type: 'string', value: 'N', help: 'What the key is for' },
    plain: { type: 'boolean', help: 'For programs that cannot use the sealed channel: readable by whoever ends TLS; Admins only' },
  },
  async run({ values, screen, connect }) {
    const { client, org } = await connect();
    const body = { name: values.name ?? 'Command line', plain: values.plain };
    const { id, name, ending, plain, key } = await client.apiKeys.create({ params: { org }, body });
    screen.note('Keep this key now: it is not shown again.');
    return { value: { id, name, ending, plain, key }, text: key };
  },
});
