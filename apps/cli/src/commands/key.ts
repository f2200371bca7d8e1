import { command } from '../command.ts';

export const createKey = command({
  words: 'key create',
  summary: 'Make an API key with your own rights; it is shown once',
  takes: [],
  options: { name: { type: 'string', value: 'N', help: 'What the key is for' } },
  async run({ values, screen, connect }) {
    const { client, org } = await connect();
    const { id, name, ending, key } = await client.apiKeys.create({ params: { org }, body: { name: values.name ?? 'Command line' } });
    screen.note('Keep this key now: it is not shown again.');
    return { value: { id, name, ending, key }, text: key };
  },
});
