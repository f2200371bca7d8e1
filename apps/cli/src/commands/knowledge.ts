import { command, UsageError } from '../command.ts';
import { toId } from '../ids.ts';
import { addFile, findTwins } from '../knowledge/add-file.ts';

export const createKnowledge = command({
  words: 'knowledge create',
  summary: 'Make a knowledge base',
  takes: [],
  options: { name: { type: 'string', value: 'N', required: true, help: 'Its name' } },
  async run({ values, connect }) {
    const { client, org, workspace } = await connect();
    const { id, name } = await client.knowledge.create({ params: { org, workspace }, body: { name: values.name } });
    return { value: { id, name }, text: `${id}  ${name}` };
  },
});

/** Files that are on their way at the same time. */
const AT_ONCE = 4;

export const addKnowledge = command({
  words: 'knowledge add',
  summary: 'Add files to a knowledge base; one that fails does not stop the others',
  takes: ['KB', 'FILE...'],
  options: { wait: { type: 'boolean', help: 'Wait until they are read and can be found by words and by meaning' } },
  async run({ values, args: [given = '', ...files], screen, connect }) {
    const knowledge = toId('knowledgeBase', given);
    const twins = findTwins(files);
    if (twins) throw new UsageError(`two files are named ${twins}: the second would become a new version of the first. Rename one.`);
    const place = { ...(await connect()), knowledge };
    const added = new Array<Awaited<ReturnType<typeof addFile>>>(files.length);
    const queue = files.entries();
    const work = async (): Promise<void> => {
      for (const [at, file] of queue) {
        const result = await addFile(place, file, values.wait, (stage) => screen.status(`${at + 1} of ${files.length}  ${file}: ${stage}`));
        added[at] = result;
        if (result.problem) screen.note(`${file}: ${result.problem}`);
        else if (!screen.isJson) screen.note(`${file}: ${result.summary}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const documents = added.map(({ document }) => document);
    const failed = added.filter(({ problem }) => problem).length;
    const only = documents.length === 1 && documents[0]?.id ? { id: documents[0].id } : {};
    const value = { ...only, documents, added: documents.length - failed, failed };
    return { value, text: `${value.added} added, ${failed} failed`, failed: failed > 0 };
  },
});

export const searchKnowledge = command({
  words: 'knowledge search',
  summary: 'Find the passages that fit a text, best first',
  takes: ['KB', '"text"'],
  options: {},
  async run({ args: [given = '', text = ''], connect }) {
    const knowledge = toId('knowledgeBase', given);
    const { client, org, workspace } = await connect();
    const found = await client.knowledge.search({ params: { org, workspace, knowledge }, body: { text } });
    const lines = found.hits.map(({ documentName, passage, score }, index) => {
      const place = passage.page ? `${documentName}, page ${passage.page}` : documentName;
      return `${index + 1}. ${place}  (${score.toFixed(2)})\n${passage.text.trim()}\n`;
    });
    return { value: found, text: lines.join('\n') || 'Nothing fits.' };
  },
});
