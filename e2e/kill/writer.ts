// The process that writes while others are killed: `node writer.ts JSON`. It goes on until it is ended itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, createClient } from '@privexbot/sdk';
import { sealedTransport } from '@privexbot/testing/sealed.ts';
import { type Notebook, openNotebook } from './notes.ts';
import { type Place, textOf } from './place.ts';

const [, , argument = ''] = process.argv;
const place = JSON.parse(argument) as Place & { notes: string }; // from the test that started this process
const { org, workspace, knowledge, bot, slug } = place;
const notebook: Notebook = openNotebook(place.notes);
const client = createClient(sealedTransport(place.url, place.apiKey));
const visitor = createClient(sealedTransport(place.url));
let made = 0;

/** A word that no other text holds. */
const newWord = () => `zq${process.pid.toString(36)}x${(++made).toString(36)}q`;

/** What may be answered while something is killed. */
const EXPECTED = new Set(['unreachable', 'unavailable', 'shutting_down', 'rate_limited', 'conflict', 'busy']);
const WAIT_MS = 100;

async function sendPart(): Promise<void> {
  const sizeBytes = 1_048_576 + 10;
  const upload = await client.uploads.start({ params: { org }, body: { name: `${newWord()}.txt`, sizeBytes } });
  const body = new Uint8Array(10).fill(65);
  await notebook.write(`part ${upload.id} 1`, 'stored', () =>
    client.uploads.putPart({ params: { org, upload: upload.id, part: 1 }, body }),
  );
}

async function finishUpload(): Promise<void> {
  const body = new TextEncoder().encode(textOf(newWord(), 100));
  const upload = await client.uploads.start({ params: { org }, body: { name: 'finished.txt', sizeBytes: body.length } });
  await notebook.write(`upload ${upload.id}`, 'complete', () =>
    client.uploads.putPart({ params: { org, upload: upload.id, part: 0 }, body }),
  );
}

async function addUploaded(): Promise<void> {
  const word = newWord();
  const body = new TextEncoder().encode(textOf(word, 40));
  const upload = await client.uploads.start({ params: { org }, body: { name: word, sizeBytes: body.length, mediaType: 'text/plain' } });
  await client.uploads.putPart({ params: { org, upload: upload.id, part: 0 }, body });
  const { id } = await client.knowledge.add({ params: { org, workspace, knowledge }, body: { source: 'upload', upload: upload.id } });
  notebook.acknowledge(`document ${id}`, word);
}

async function addAndDelete(): Promise<void> {
  const words = [newWord(), newWord()];
  const params = { org, workspace, knowledge };
  for (const [at, word] of words.entries()) {
    const { id } = await client.knowledge.add({ params, body: { source: 'paste', title: word, text: textOf(word, 4) } });
    notebook.acknowledge(`document ${id}`, word);
    if (at === 0)
      await notebook.write(`document ${id}`, 'absent', () => client.knowledge.deleteDocument({ params: { ...params, document: id } }));
  }
  await sleep(WAIT_MS); // reading and embedding them costs more than sending them
}

let drafted: Awaited<ReturnType<typeof client.bots.get>> | undefined;

async function publishDraft(): Promise<void> {
  const params = { org, workspace, bot };
  drafted ??= await client.bots.get({ params });
  const marker = newWord();
  const body = { settings: { ...drafted.settings, instructions: marker }, revision: drafted.revision };
  drafted = undefined; // known again once the answer is there
  const changed = await notebook.write(`draft ${bot}`, marker, () => client.bots.change({ params, body }));
  const version = await notebook.write(`live ${bot}`, marker, () =>
    client.bots.publish({ params, body: { revision: changed.revision, note: marker } }),
  );
  notebook.acknowledge(`version ${version.id}`, marker);
  drafted = changed;
}

async function newBot(): Promise<void> {
  const instructions = newWord();
  const { id } = await client.bots.create({ params: { org, workspace }, body: { name: 'Draft', instructions } });
  notebook.acknowledge(`draft ${id}`, instructions);
  await sleep(WAIT_MS);
}

async function askAsVisitor(): Promise<void> {
  const started = await visitor.publicChat.start({ params: { slug } });
  const headers = { authorization: `Bearer ${started.token}` };
  const { conversation } = started;
  for (let turns = 0; turns < 5; turns++) {
    const question = `How many days of leave, asks ${newWord()}?`;
    const events = await visitor.publicChat.ask({ params: { slug, conversation }, body: { question } }, { headers });
    let answer = '';
    let turn = '';
    for await (const event of events) {
      if (event.type === 'started') turn = event.turn;
      else if (event.type === 'text') answer += event.text;
      else if (event.type === 'done') notebook.acknowledge(`turn ${conversation} ${turn}`, `${question}\n${answer}`);
      else throw new ApiError(event.code, event.message);
    }
  }
}

async function changeSettings(): Promise<void> {
  const name = newWord();
  await notebook.write('organization', name, () => client.organizations.rename({ params: { org }, body: { name } }));
  const key = await client.apiKeys.create({ params: { org }, body: { name: 'A key' } });
  notebook.acknowledge(`key ${key.id}`, 'there');
  await sleep(WAIT_MS);
}

const LANES = [sendPart, finishUpload, addUploaded, addAndDelete, publishDraft, newBot, askAsVisitor, changeSettings];

async function repeat(write: () => Promise<void>): Promise<never> {
  for (;;) {
    try {
      await write();
      await sleep(WAIT_MS);
    } catch (error) {
      // A connection that broke in the middle of an answer is no ApiError.
      const isBroken = error instanceof TypeError || (error instanceof Error && ['AbortError', 'ChannelError'].includes(error.name));
      if (!isBroken && !(error instanceof ApiError && EXPECTED.has(error.code)))
        notebook.surprise(`${write.name}: ${error instanceof ApiError ? error.code : String(error)}`);
      await sleep(WAIT_MS);
    }
  }
}

process.on('SIGTERM', () => process.exit(0));
await Promise.all(LANES.map(repeat));
