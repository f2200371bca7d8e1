import { command } from '../command.ts';
import { toId } from '../ids.ts';

export const createBot = command({
  words: 'bot create',
  summary: 'Make a chatbot that answers from knowledge bases',
  takes: [],
  options: {
    name: { type: 'string', value: 'N', required: true, help: 'Its name' },
    knowledge: { type: 'string', value: 'KB', multiple: true, help: 'Id of a knowledge base; may be given again' },
    instructions: { type: 'string', value: 'T', help: 'How it should answer' },
    publish: { type: 'boolean', help: 'Publish it, so that it can be asked' },
  },
  async run({ values, connect }) {
    const knowledgeBases = values.knowledge.map((id) => toId('knowledgeBase', id));
    const { client, org, workspace } = await connect();
    const { name, instructions = '' } = values;
    const bot = await client.bots.create({ params: { org, workspace }, body: { name, instructions, knowledgeBases } });
    const params = { org, workspace, bot: bot.id };
    const version = values.publish ? await client.bots.publish({ params, body: { revision: bot.revision } }) : undefined;
    const value = { id: bot.id, name: bot.settings.name, version: version?.id ?? null };
    return { value, text: `${bot.id}  ${bot.settings.name}  ${version ? `published as version ${version.number}` : 'draft'}` };
  },
});
