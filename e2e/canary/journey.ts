// A whole journey in which every field holds a word of its own, with mistakes and failures on purpose.
import type { BotId, KnowledgeBaseId, OrgId, WorkspaceId } from '@privexbot/contract';
import { type Client, uploadFile } from '@privexbot/sdk';
import { codeOf } from '@privexbot/testing/authenticator-app.ts';
import type { ModelBehaviour, ModelServer } from '@privexbot/testing/model-server.ts';
import type { Server } from '@privexbot/testing/server.ts';
import type { Canaries } from './canaries.ts';
import { type MarkedFile, markedFiles } from './files.ts';
import { letPeopleIn } from './people.ts';
import { untilRead } from './reading.ts';

interface Stage {
  readonly server: Server;
  readonly model: ModelServer;
  readonly canaries: Canaries;
  readonly client: Client;
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
}

export async function walk(server: Server, model: ModelServer, canaries: Canaries): Promise<void> {
  const stage = await signUp(server, model, canaries);
  await govern(stage);
  await letPeopleIn(stage);
  const knowledge = await fillKnowledge(stage);
  const bot = await buildBot(stage, knowledge);
  await visit(stage, await publish(stage, bot));
  await useApi(stage, bot);
  await makeMistakes(stage, bot);
  await leave(stage, knowledge, bot);
}

async function signUp(server: Server, model: ModelServer, canaries: Canaries): Promise<Stage> {
  const of = (field: string) => canaries.of(field);
  const client = server.client();
  const email = `${of('e-mail')}@example.com`;
  const password = of('password');
  canaries.add('e-mail address', email);
  const account = await client.auth.signUp({ body: { email, password, name: of('name'), organization: of('organization') } });
  const org = only(account.organizations).id;
  await client.auth.rename({ body: { name: of('new name') } });
  const next = of('new password');
  await client.auth.changePassword({ body: { current: password, password: next } });
  await client.auth.signIn({ body: { email, password: next } });
  await client.auth.requestReset({ body: { email } });
  await client.organizations.rename({ params: { org }, body: { name: of('new organization name') } });
  const { id: workspace } = await client.organizations.createWorkspace({ params: { org }, body: { name: of('workspace') } });
  await client.organizations.renameWorkspace({ params: { org, workspace }, body: { name: of('new workspace name') } });
  const invited = `${of('invited e-mail')}@example.com`;
  const { link } = await client.organizations.invite({ params: { org }, body: { email: invited, role: 'tier2' } });
  const token = /[\w-]{30,}$/.exec(link)?.[0] ?? '';
  canaries.add('invitation token', token);
  await server.client().auth.signUp({ body: { email: invited, password: of('password of the invited'), invitation: token } });
  return { server, model, canaries, client, org, workspace };
}

/** How people get in, who is in which group, where the audit log goes: each name, address and secret. */
async function govern({ server, client, org, canaries, model }: Stage): Promise<void> {
  const of = (field: string) => canaries.of(field);
  const params = { org };
  const domain = await client.domains.add({ params, body: { name: `${of('domain')}.test` } });
  canaries.add('value of a domain record', domain.record.value.slice('privexbot-domain='.length));
  await client.domains.verify({ params: { ...params, domain: domain.id } });
  await client.domains.add({ params, body: { name: `${of('not a domain')}_.test` } }).catch(expected);
  canaries.add('network of a policy', '198.51.100.77');
  const { policies, revision } = await client.policies.get({ params });
  const body = { ...policies, networks: ['127.0.0.0/8', '::1/128', '198.51.100.77'] };
  await client.policies.preview({ params, body });
  await client.policies.set({ params, body: { policies: { ...body, idleMinutes: 60 }, revision } });
  await client.groups.create({ params, body: { name: of('group') } });
  const made = await client.members.create({
    params,
    body: { email: `${of('e-mail of a made account')}@example.com`, name: of('name of a made account'), role: 'tier3' },
  });
  canaries.add('one-time password', made.password);
  const connection = await client.sso.create({
    params,
    body: {
      kind: 'oidc',
      name: of('connection'),
      settings: { issuer: `https://${of('issuer')}.invalid`, clientId: of('client id') },
      secrets: { clientSecret: of('client secret') },
    },
  });
  const { token } = await client.scim.createToken({
    params: { ...params, connection: connection.id },
    body: { name: of('SCIM token name') },
  });
  canaries.add('SCIM token', token);
  const url = `${model.url}/${of('path of a sink')}`;
  const sink = await client.audit.addSink({ params, body: { kind: 'webhook', name: of('sink'), url } });
  canaries.add('secret of a sink', sink.secret ?? fail());
  await client.audit.testSink({ params: { ...params, sink: sink.id } });
  const syslog = {
    kind: 'syslog',
    name: of('syslog'),
    host: `${of('host of syslog')}.invalid`,
    port: 6514,
    tls: true,
    format: 'cef',
  } as const;
  await client.audit.addSink({ params, body: syslog }).catch(expected);
  await (await client.audit.export({ params, query: { format: 'cef', actor: of('audit actor'), target: of('audit target') } })).text();
  await (await client.audit.export({ params })).text();
  const service = await client.serviceAccounts.create({ params, body: { name: of('service account'), role: 'tier2' } });
  const inService = { params: { ...params, service: service.id }, body: { name: of('key of a service account') } };
  canaries.add('API key of a service account', (await client.serviceAccounts.createKey(inService)).key);
  canaries.add(
    'token of an agency',
    /[\w-]{30,}$/.exec((await client.agencies.offer({ params, body: { role: 'tier2' } })).link)?.[0] ?? fail(),
  );
  await secure({ server, canaries });
  await server.client().credentials.start({ body: { email: `${of('e-mail of a start')}@example.com` } });
}

/** Somebody with an authenticator app, recovery codes, and an address that is to be another one. */
async function secure({ server, canaries }: Pick<Stage, 'server' | 'canaries'>): Promise<void> {
  const of = (field: string) => canaries.of(field);
  const client = server.client();
  const person = { email: `${of('e-mail of a careful person')}@example.com`, password: of('password of a careful person') };
  await client.auth.signUp({ body: person });
  const { secret, challenge } = await client.credentials.startTotp();
  canaries.add('secret of an authenticator app', secret);
  const { recoveryCodes = [] } = await client.credentials.confirmTotp({ body: { challenge, code: codeOf(secret, new Date()) } });
  for (const [n, code] of recoveryCodes.entries()) canaries.add(`recovery code ${n}`, code);
  await client.credentials.changeEmail({ body: { email: `${of('new e-mail')}@example.com` } }).catch(expected);
  await server.client().auth.signIn({ body: person }).catch(expected);
}

async function fillKnowledge({ client, org, workspace, canaries, model }: Stage): Promise<KnowledgeBaseId> {
  const of = (field: string) => canaries.of(field);
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: of('knowledge base') } });
  const params = { org, workspace, knowledge };
  await client.knowledge.rename({ params, body: { name: of('new knowledge base name') } });
  const add = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
    const upload = await uploadFile(client, { org, file: new Blob([bytes]), name });
    return client.knowledge.add({ params, body: { source: 'upload', upload } });
  };
  const files = markedFiles((file) => of(`content of ${file}`));
  for (const { name, bytes } of files) {
    canaries.add(`all of ${name}`, bytes);
    await add(`${of(`file name of ${name}`)}-${name}`, bytes);
  }
  await addAgain(add, files, canaries);
  const text = `The pasted text says ${of('pasted text')}.`;
  await client.knowledge.add({ params, body: { source: 'paste', title: of('title of the pasted text'), text } });
  const path = `/${of('page path')}`;
  model.pages.set(path, `<title>${of('page title')}</title><p>The page says ${of('page content')}.</p>`);
  await client.knowledge.add({ params, body: { source: 'page', url: `http://${model.host}${path}?${of('page query')}` } });
  await client.knowledge.add({ params, body: { source: 'page', url: `http://${model.host}/${of('missing page')}` } }).catch(expected);
  await client.uploads.start({ params: { org }, body: { name: of('unfinished upload'), mediaType: of('media type'), sizeBytes: 10 } });
  await untilRead(client, params, files.length + 3);
  for (const file of ['plain.txt', 'paper.pdf']) await search(client, params, `content of ${file}`);
  await search(client, params, of('search text'));
  return knowledge;
}

/** The same name with other content: the earlier content must be as unreadable as the new. */
async function addAgain(
  add: (name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>,
  [first]: readonly MarkedFile[],
  canaries: Canaries,
): Promise<void> {
  for (const version of ['first', 'second'])
    await add('again.txt', new TextEncoder().encode(`This ${version} version says ${canaries.of(`${version} version`)}.`));
  if (first) await add('the same file.txt', first.bytes);
}

async function buildBot({ client, org, workspace, canaries, model }: Stage, knowledge: KnowledgeBaseId): Promise<BotId> {
  const of = (field: string) => canaries.of(field);
  const added = await client.models.add({
    params: { org },
    body: {
      provider: 'openai-compatible',
      name: of('model name'),
      url: `${model.url}/${of('model path')}`,
      key: of('model key'),
      model: of('model id'),
    },
  });
  await client.models.test({ params: { org, model: added.id } });
  await client.models.discover({ params: { org }, body: { url: model.url, key: of('discovery key') } });
  const settings = {
    name: of('bot name'),
    instructions: of('instructions'),
    greeting: of('greeting'),
    suggestedQuestions: [of('suggested question')],
    whenUnsure: of('when unsure'),
    language: of('language'),
    look: { title: of('title') },
    knowledgeBases: [knowledge],
    model: added.id,
  };
  const bot = await client.bots.create({ params: { org, workspace }, body: settings });
  const params = { org, workspace, bot: bot.id };
  const body = { settings: { ...bot.settings, instructions: of('new instructions') }, revision: bot.revision };
  await client.bots.change({ params, body });
  model.answer = `The answer is ${of('answer')}.`;
  await answered(client.bots.preview({ params, body: { question: of('preview question') } }));
  const history = [{ question: of('earlier question'), answer: of('earlier answer') }];
  await answered(client.bots.preview({ params, body: { question: `ECHO: ${of('echoed question')}`, history } }));
  return bot.id;
}

async function publish({ client, org, workspace, canaries }: Stage, bot: BotId): Promise<string> {
  const params = { org, workspace, bot };
  const { revision } = await client.bots.get({ params });
  await client.bots.publish({ params, body: { revision, note: canaries.of('version note') } });
  const slug = canaries.of('link name');
  const allowedSites = [`https://${canaries.of('allowed site')}.example`];
  await client.bots.deploy({ params: { ...params, channel: 'widget' }, body: { enabled: true, slug, allowedSites } });
  await client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true, slug } });
  await client.bots.deploy({ params: { ...params, channel: 'api' }, body: { enabled: true, slug } });
  return slug;
}

async function visit({ server, canaries, model }: Stage, slug: string): Promise<void> {
  const visitor = server.client();
  await visitor.publicChat.page({ params: { slug } });
  for (const stays of [true, false]) {
    const which = stays ? 'kept' : 'deleted';
    const { conversation, token } = await visitor.publicChat.start({ params: { slug } });
    canaries.add(`visitor token of the ${which} chat`, token);
    const options = { headers: { authorization: `Bearer ${token}` } };
    const params = { slug, conversation };
    model.answer = `A visitor is told ${canaries.of(`answer of the ${which} chat`)} [1].`;
    const question = canaries.of(`question of the ${which} chat`);
    const [first] = await answered(visitor.publicChat.ask({ params, body: { question } }, options));
    const turn = first?.type === 'started' ? first.turn : fail();
    const feedback = { vote: 'down', reason: 'wrong', text: canaries.of(`feedback on the ${which} chat`) } as const;
    await visitor.publicChat.feedback({ params: { ...params, turn }, body: feedback }, options);
    await visitor.publicChat.citation({ params: { ...params, turn, number: 1 } }, options).catch(expected);
    await visitor.publicChat.turns({ params }, options);
    if (!stays) await visitor.publicChat.delete({ params }, options);
  }
}

async function useApi({ server, client, canaries, org, workspace }: Stage, bot: BotId): Promise<void> {
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: canaries.of('API key name') } });
  canaries.add('API key', key);
  canaries.add('secret of the API key', key.slice(-40));
  const program = server.client(key);
  const messages = [{ role: 'user' as const, content: canaries.of('question by API') }];
  for (const stream of [true, false]) await (await program.openai.chat({ body: { model: bot, messages, stream } })).text();
  await program.openai.embeddings({ body: { model: 'default', input: [canaries.of('embedded text')] } });
  await answered(program.bots.ask({ params: { org, workspace, bot }, body: { question: canaries.of('question of a member') } }));
}

const FAILURES: ModelBehaviour[] = [
  'refuses with an echo',
  'fails with an echo',
  'rejects the key with an echo',
  'sends no JSON',
  'sends a page',
  'breaks off',
  'streams garbage',
];

/** Whatever is refused was still received. */
async function makeMistakes(stage: Stage, bot: BotId): Promise<void> {
  const { server, client, canaries, model, org, workspace } = stage;
  const of = (field: string) => canaries.of(field);
  for (const behaviour of FAILURES) {
    model.behaviour = behaviour;
    model.answer = `Half of ${of(`answer while the model ${behaviour}`)}`;
    await read(client.bots.ask({ params: { org, workspace, bot }, body: { question: of(`question while the model ${behaviour}`) } }));
    await client.models
      .discover({ params: { org }, body: { url: `${model.url}/${of(`address while the model ${behaviour}`)}` } })
      .catch(expected);
  }
  model.behaviour = 'answers';
  const email = `${of('unknown e-mail')}@example.com`;
  await client.auth.signIn({ body: { email, password: of('wrong password') } }).catch(expected);
  await client.auth.signInByLink({ body: { token: of('wrong link token') } }).catch(expected);
  await client.knowledge
    .add({
      params: { org, workspace, knowledge: `kb_${'0'.repeat(26)}` as KnowledgeBaseId },
      body: { source: 'paste', title: of('title in the wrong place'), text: of('text in the wrong place') },
    })
    .catch(expected);
  const json = { 'content-type': 'application/json' };
  const base = `/v1/organizations/${org}/workspaces/${workspace}`;
  const requests: [path: string, init?: RequestInit][] = [
    [`/${of('path')}`],
    [`/v1/organizations/${of('path for an id')}/audit`],
    [`/v1/public/${of('path for a link name')}`],
    [`/c/${of('path of a page')}?${of('query of a page')}=${of('value in a query')}`],
    [`/openai/v1/models/${of('path for a model')}`, { headers: { authorization: `Bearer ${of('wrong API key')}` } }],
    [`${base}/bots`, { headers: { cookie: `privexbot=${of('wrong cookie')}; other=${of('other cookie')}` } }],
    [`/sso/con_${'0'.repeat(26)}/callback?code=${of('code of a provider')}&state=${of('state of a provider')}`],
    [
      `/sso/con_${'0'.repeat(26)}/acs`,
      { method: 'POST', body: new URLSearchParams({ SAMLResponse: of('SAML answer'), RelayState: of('relay state') }) },
    ],
    [`/scim/v2/Users?filter=userName+eq+%22${of('SCIM filter')}%22`, { headers: { authorization: `Bearer ${of('wrong SCIM token')}` } }],
    ['/healthz', { headers: { 'x-request-id': of('header'), 'user-agent': of('user agent'), referer: `http://${of('referrer')}/` } }],
    ['/v1/auth/sign-in', { method: 'POST', headers: json, body: `{"email": "${of('broken JSON')}` }],
    ['/v1/auth/sign-in', { method: 'POST', headers: json, body: JSON.stringify({ email: of('not an e-mail'), [of('unknown field')]: 1 }) }],
    ['/v1/auth/sign-up', { method: 'POST', headers: { 'content-type': of('content type') }, body: of('body of another type') }],
    ['/v1/auth/sign-in', { method: of('method').slice(0, 20).toUpperCase() }],
    ['/v1/auth/sign-up', { method: 'POST', headers: json, body: JSON.stringify({ email: `${of('e-mail with a nul')}\0@example.com` }) }],
  ];
  for (const [path, init] of requests) await fetch(server.url + path, init).then((response) => response.text(), expected);
  const knowledge = only(await client.knowledge.list({ params: { org, workspace } })).id;
  await client.knowledge.documents({ params: { org, workspace, knowledge }, query: { cursor: of('cursor') } }).catch(expected);
  await client.audit.list({ params: { org }, query: { cursor: of('audit cursor') } }).catch(expected);
  await client.audit.list({ params: { org }, query: { action: of('audit filter') } });
}

async function leave({ client, org, workspace, canaries }: Stage, knowledge: KnowledgeBaseId, bot: BotId): Promise<void> {
  const params = { org, workspace, knowledge };
  const { items } = await client.knowledge.documents({ params, query: { limit: 100 } });
  for (const { id } of items.slice(0, 3)) {
    await client.knowledge.passages({ params: { ...params, document: id } });
    await (await client.knowledge.original({ params: { ...params, document: id } })).arrayBuffer();
    await client.knowledge.deleteDocument({ params: { ...params, document: id } });
  }
  const other = await client.bots.create({ params: { org, workspace }, body: { name: canaries.of('name of a deleted bot') } });
  await client.bots.delete({ params: { org, workspace, bot: other.id } });
  for (const { id } of (await client.bots.conversations({ params: { org, workspace, bot } })).items)
    await client.bots.conversation({ params: { org, workspace, bot, conversation: id } });
  await client.audit.list({ params: { org } });
  await client.auth.signOut();
}

async function search(
  client: Client,
  params: { org: OrgId; workspace: WorkspaceId; knowledge: KnowledgeBaseId },
  text: string,
): Promise<void> {
  await client.knowledge.search({ params, body: { text } });
}

/** All events of an answer; one that fails is what is wanted in places. */
async function read<T>(events: Promise<AsyncIterable<T>>): Promise<T[]> {
  return Array.fromAsync(await events);
}

async function answered<T extends { type: string }>(events: Promise<AsyncIterable<T>>): Promise<T[]> {
  const all = await read(events);
  if (all.at(-1)?.type !== 'done') throw new Error(`the question was not answered: ${JSON.stringify(all.at(-1))}`);
  return all;
}

/** Refusals are what some calls are for. */
function expected(): void {}

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (!item) throw new Error('expected one at least');
  return item;
}

function fail(): never {
  throw new Error('the answer did not start');
}
