// Fills a running server with an organization whose bot answers from the project's own handbook. Finds it again when it is there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrgId, WorkspaceId } from '@privexbot/contract';
import { ApiError, type Client, createClient, deviceKeyOf, generateDeviceKey, openEnclave, uploadFile } from '@privexbot/sdk';
import { simulationAnchors } from '@privexbot/sdk/development';
import { SIMULATION_FOLDER } from '../apps/enclave/src/providers/tee/index.ts';

export interface Demo {
  readonly email: string;
  readonly password: string;
  readonly pageUrl: string;
}

const HANDBOOK = new URL('../docs/handbook/', import.meta.url);
const NAME = 'Privex Handbook demo';
const SLUG = 'handbook';
/** For a machine of one's own: the page prints them. */
const CREDENTIALS = { email: 'demo@privexbot.example', password: 'handbook demo' };
const QUESTIONS = [
  'What does the bot do when it does not know?',
  'How large may a file be?',
  'Who may publish a bot?',
  'Where is the root key?',
  'Does content leave the machine?',
  'How do I put a bot on my website?',
];

interface Place {
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
}

/**
 * Makes the demo's organization with its knowledge base and published bot, or what is missing of them.
 * @throws ApiError where somebody else has the demo's address, or sign-up is closed
 */
export async function seedDemo(baseUrl: string): Promise<Demo> {
  using enclave = openEnclave({
    url: baseUrl,
    anchors: simulationAnchors(readFileSync(join(SIMULATION_FOLDER, 'root.pem'), 'utf8')),
    allowSimulated: true,
    device: await deviceKeyOf(await generateDeviceKey(), 'The demo'),
  });
  const client = createClient(enclave.transport);
  const { organizations } = await signIn(client);
  const organization = organizations.find(({ name }) => name === NAME) ?? organizations[0];
  const [workspace] = organization?.workspaces ?? [];
  if (!organization || !workspace) throw new Error('the demo account has no organization');
  const place: Place = { org: organization.id, workspace: workspace.id };
  const knowledge = await addHandbook(client, place);
  return { ...CREDENTIALS, pageUrl: await publishBot(client, place, knowledge) };
}

async function signIn(client: Client) {
  try {
    return await client.auth.signIn({ body: CREDENTIALS });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'wrong_credentials') throw error;
    return client.auth.signUp({ body: { ...CREDENTIALS, name: 'Demo', organization: NAME } });
  }
}

/** Adds the pages; those that are unchanged since the last time stay as they are. */
async function addHandbook(client: Client, place: Place) {
  const bases = await client.knowledge.list({ params: place });
  const { id } =
    bases.find(({ name }) => name === 'Handbook') ?? (await client.knowledge.create({ params: place, body: { name: 'Handbook' } }));
  const params = { ...place, knowledge: id };
  for (const name of readdirSync(HANDBOOK).filter((file) => file.endsWith('.md') && file !== 'README.md')) {
    const file = new Blob([readFileSync(new URL(name, HANDBOOK))]);
    const upload = await uploadFile(client, { org: place.org, file, name });
    await client.knowledge.add({ params, body: { source: 'upload', upload } });
  }
  return id;
}

/** @returns the address of the hosted page */
async function publishBot(client: Client, place: Place, knowledge: Awaited<ReturnType<typeof addHandbook>>): Promise<string> {
  const settings = {
    name: 'Handbook',
    greeting: 'Ask me about PrivexBot. I quote its handbook.',
    suggestedQuestions: QUESTIONS,
    knowledgeBases: [knowledge],
  };
  const bots = await client.bots.list({ params: place });
  const bot =
    bots.find(({ settings: { name } }) => name === settings.name) ?? (await client.bots.create({ params: place, body: settings }));
  const params = { ...place, bot: bot.id };
  if (!bot.live) await client.bots.publish({ params, body: { revision: bot.revision, note: 'The demo' } });
  const page = (await client.bots.deployments({ params })).find(({ channel }) => channel === 'page');
  if (page?.enabled) return page.address;
  const deploy = (slug?: string) =>
    client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true, ...(slug ? { slug } : {}) } });
  const deployed = await deploy(SLUG).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'name_taken') return deploy();
    throw error;
  });
  return deployed.address;
}
