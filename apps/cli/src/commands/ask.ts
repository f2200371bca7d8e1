import type { AnswerEvent } from '@privexbot/contract';
import { ApiError } from '@privexbot/sdk';
import { command } from '../command.ts';
import { toId } from '../ids.ts';

type Done = Extract<AnswerEvent, { type: 'done' }>;

export const ask = command({
  words: 'ask',
  summary: 'Ask the published version of a bot',
  takes: ['BOT', '"question"'],
  options: {},
  async run({ args: [given = '', question = ''], screen, connect }) {
    const bot = toId('bot', given);
    const { client, org, workspace } = await connect();
    const events = await client.bots.ask({ params: { org, workspace, bot }, body: { question } });
    let answer = '';
    let done: Done | undefined;
    for await (const event of events) {
      if (event.type === 'text') {
        answer += event.text;
        screen.write(event.text);
      } else if (event.type === 'done') done = event;
      else if (event.type === 'failed') throw new ApiError(event.code, event.message, event);
    }
    if (!done) throw new ApiError('model_interrupted', 'The answer stopped halfway. Ask again.');
    const citations = done.citations.map(({ document, documentName, passage, quote, start, end }) => {
      return { document, documentName, passage, quote, start, end };
    });
    const { model, version } = done;
    return { value: { answer, citations, model, version }, text: `\n${sources(done)}` };
  },
});

function sources({ citations }: Done): string {
  return citations
    .map(
      ({ number, documentName, page, quote }) =>
        `\n[${number}] ${documentName}${page ? `, page ${page}` : ''}: “${quote.replace(/\s+/g, ' ').trim()}”`,
    )
    .join('');
}
