// Two organizations that have one of everything, and a call for every endpoint that names only things of one of them.
import { contract, type Endpoint, ROLES, type Role } from '@privexbot/contract';
import { createClient } from '@privexbot/sdk';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';

export const ENDPOINTS = Object.entries(contract).flatMap(([feature, all]) =>
  Object.entries(all).map(([name, endpoint]): [string, Endpoint] => [`${feature}.${name}`, endpoint]),
);

/** Ids by the name they have in paths, and what calls carry besides. */
export type Things = Readonly<Record<string, string>>;

export interface World {
  readonly admin: Person;
  readonly people: Readonly<Record<Role, Person>>;
  readonly things: Things;
}

/** An organization with a member of each role, two workspaces, and one of everything in the first. */
export async function buildWorld(enclave: Enclave): Promise<World> {
  const admin = stayFresh(await enclave.signUp());
  const { client, org, workspace } = admin;
  const at = { org, workspace };
  const people = { admin } as Record<Role, Person>;
  for (const role of ROLES) people[role] ??= await join(enclave, admin, role);

  const second = await client.organizations.createWorkspace({ params: { org }, body: { name: 'Second' } });
  const knowledge = await client.knowledge.create({ params: at, body: { name: 'Handbook' } });
  const inBase = { ...at, knowledge: knowledge.id };
  const body = { source: 'paste', title: 'Leave', text: 'Staff receive 27 days of paid annual leave.' } as const;
  const document = await client.knowledge.add({ params: inBase, body });
  for (let state = ''; state !== 'ready'; await new Promise((resolve) => setTimeout(resolve, 20)))
    ({ state } = await client.knowledge.document({ params: { ...inBase, document: document.id } }));

  const bot = await client.bots.create({ params: at, body: { name: 'Help', knowledgeBases: [knowledge.id] } });
  const inBot = { ...at, bot: bot.id };
  const version = await client.bots.publish({ params: inBot, body: { revision: bot.revision } });
  const slug = `help-${org.slice(-8)}`;
  await client.bots.deploy({ params: { ...inBot, channel: 'page' }, body: { enabled: true, slug } });
  await client.bots.deploy({ params: { ...inBot, channel: 'api' }, body: { enabled: true } });
  const asked = await lastStarted(await client.bots.ask({ params: inBot, body: { question: 'How many days of leave?' } }));

  const visit = await client.publicChat.start({ params: { slug } });
  const visitor = { authorization: `Bearer ${visit.token}` };
  const place = { slug, conversation: visit.conversation };
  const visited = await lastStarted(
    await client.publicChat.ask({ params: place, body: { question: 'How many days of leave?' } }, { headers: visitor }),
  );

  const endpointModel = { provider: 'openai-compatible', name: 'Down', url: 'http://203.0.113.1/v1', model: 'down' } as const;
  const model = await client.models.add({ params: { org }, body: endpointModel });
  const domain = await client.domains.add({ params: { org }, body: { name: `${org.slice(-8)}.test` } });
  const sink = await client.audit.addSink({ params: { org }, body: { kind: 'webhook', name: 'Down', url: 'http://127.0.0.1:9/' } });
  const upload = await client.uploads.start({ params: { org }, body: { name: 'a.txt', sizeBytes: 3 } });
  const invitation = await client.organizations.invite({
    params: { org },
    body: { email: `late-${org.slice(-6)}@example.com`, role: 'tier4' },
  });
  const key = await client.apiKeys.create({ params: { org }, body: { name: 'walk' } });
  const service = await client.serviceAccounts.create({ params: { org }, body: { name: 'Importer', role: 'tier2' } });
  const connection = await client.sso.create({
    params: { org },
    body: { kind: 'oidc', name: 'Directory', settings: { issuer: 'https://idp.invalid', clientId: 'x' }, secrets: { clientSecret: 'x' } },
  });
  const handOver = await client.handOver.create({ params: { org, connection: connection.id } });
  await client.handOver.open({ body: { token: handOver.link.split('#')[1] ?? '' } });
  const scimToken = await client.scim.createToken({ params: { org, connection: connection.id }, body: { name: 'walk' } });
  const group = await client.groups.create({ params: { org }, body: { name: 'Team' } });
  const { member } = await client.members.create({
    params: { org },
    body: { email: `made-${org.slice(-8)}@example.com`, name: 'Made here', role: 'tier4' },
  });
  await client.groups.addMembers({ params: { org, group: group.id }, body: { users: [member.user] } });
  const agency = await client.agencies.offer({ params: { org }, body: { role: 'tier2' } });
  const company = await enclave.signUp();
  const offer = await company.client.agencies.offer({ params: company, body: { role: 'tier2' } });
  const served = await client.agencies.accept({ params: { org }, body: { token: offer.link.split('#')[1] ?? '' } });
  await client.agencies.assign({ params: { org, client: served.id, member: people.tier2.user }, body: { role: 'tier4' } });
  const { session } = await client.auth.me();
  return {
    admin,
    people,
    things: {
      org,
      workspace,
      secondWorkspace: second.id,
      knowledge: knowledge.id,
      document: document.id,
      bot: bot.id,
      revision: String(bot.revision),
      version: version.id,
      slug,
      conversation: asked.conversation ?? '',
      turn: asked.turn,
      visit: visit.conversation,
      visitTurn: visited.turn,
      visitor: visitor.authorization,
      model: model.id,
      domain: domain.id,
      sink: sink.id,
      upload: upload.id,
      invitation: invitation.id,
      group: group.id,
      member: member.user,
      colleague: people.tier2.user,
      agency: agency.id,
      client: served.id,
      key: key.id,
      service: service.id,
      apiKey: key.key,
      connection: connection.id,
      scimToken: scimToken.id,
      user: admin.user,
      session,
      // Of nobody: passkeys need a browser.
      credential: 'crd_01jd0000000000000000000000',
      identity: 'idn_01jd0000000000000000000000',
      // Of nobody: the connection is of a kind that has none.
      ownKey: '0'.repeat(64),
      channel: 'page',
      part: '0',
      number: '1',
    },
  };
}

/** Calls that, let through, change the whole organization or end the caller's membership. */
export const CHANGES_ALL = ['organizations.leave', 'organizations.suspend', 'organizations.reactivate'];

/** An organization with a member of each role and nothing else, for what changes all of it. */
export async function buildPeople(enclave: Enclave): Promise<Pick<World, 'people' | 'things'>> {
  const admin = stayFresh(await enclave.signUp());
  const people = { admin } as Record<Role, Person>;
  for (const role of ROLES) people[role] ??= await join(enclave, admin, role);
  return { people, things: { org: admin.org, workspace: admin.workspace } };
}

async function join(enclave: Enclave, { client, org, workspace }: Person, role: Role): Promise<Person> {
  const email = `${role}-${org.slice(-8)}@example.com`;
  const { link } = await client.organizations.invite({ params: { org }, body: { email, role } });
  const person = await enclave.signUp({ email, invitation: link.split('#')[1] ?? '' });
  return stayFresh({ ...person, org, workspace });
}

/** Somebody who proves again who they are whenever a call asks for it: the walk takes hours of the server's clock. */
function stayFresh(person: Person): Person {
  const transport: Person['transport'] = async (request) => {
    const again = request.clone();
    const response = await person.transport(request);
    if (response.status !== 403 || !(await response.clone().text()).includes('step_up_required')) return response;
    await person.prove();
    return person.transport(again);
  };
  return { ...person, transport, client: createClient(transport) };
}

async function lastStarted(events: AsyncIterable<{ type: string; turn?: string; conversation?: string | undefined }>) {
  let started: { turn: string; conversation?: string | undefined } = { turn: '' };
  for await (const { type, turn, conversation } of events) if (type === 'started' && turn) started = { turn, conversation };
  return started;
}

let named = 0;
const PASSWORD_OF_NOBODY = 'a password of nobody';
const TOKEN_OF_NOBODY = 'x'.repeat(43);
const NO_POLICIES = { mfa: 'off', ssoRequired: false, breakGlass: [], networks: [], captureDomains: false };
const USER_OF_NOWHERE = 'usr_01jd0000000000000000000000';
const KEY_PART_OF_NOBODY = 'x'.repeat(43);
const WALLET_OF_NOBODY = { family: 'evm', address: `0x${'0'.repeat(40)}`, chainId: '1' };
const SIGNED_BY_NOBODY = { challenge: TOKEN_OF_NOBODY, text: 'I agree', signature: TOKEN_OF_NOBODY };

const CREDENTIAL_OF_NOBODY = { id: 'AAAA', rawId: 'AAAA', type: 'public-key' };
const ASSERTION_OF_NOBODY = {
  ...CREDENTIAL_OF_NOBODY,
  response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
};
const REGISTRATION_OF_NOBODY = { ...CREDENTIAL_OF_NOBODY, response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA' } };

/** A body that each endpoint takes; one that is missing here fails the walk with bad_request. */
const BODIES: Readonly<Record<string, (things: Things) => unknown>> = {
  'auth.proveDevice': () => ({
    key: { kty: 'EC', crv: 'P-256', x: KEY_PART_OF_NOBODY, y: KEY_PART_OF_NOBODY },
    signature: KEY_PART_OF_NOBODY.repeat(2),
  }),
  'auth.signUp': () => ({ email: 'new@example.com', password: PASSWORD_OF_NOBODY, invitation: TOKEN_OF_NOBODY }),
  'auth.signIn': () => ({ email: 'nobody@example.com', password: PASSWORD_OF_NOBODY }),
  'auth.signInByLink': () => ({ token: TOKEN_OF_NOBODY }),
  'credentials.start': () => ({ email: 'nobody@example.com' }),
  'credentials.requestLink': () => ({ email: 'nobody@example.com' }),
  'credentials.signInByPasskey': () => ({ challenge: TOKEN_OF_NOBODY, response: ASSERTION_OF_NOBODY }),
  'credentials.startPasskeySignUp': () => ({ name: 'Nobody', invitation: TOKEN_OF_NOBODY }),
  'credentials.signUpByPasskey': () => ({ challenge: TOKEN_OF_NOBODY, response: REGISTRATION_OF_NOBODY }),
  'credentials.startSecondPasskey': () => ({ challenge: TOKEN_OF_NOBODY }),
  'credentials.secondFactor': () => ({ challenge: TOKEN_OF_NOBODY, proof: { way: 'totp', code: '000000' } }),
  'credentials.stepUp': () => ({ way: 'password', password: PASSWORD_OF_NOBODY }),
  'credentials.addPasskey': () => ({ challenge: TOKEN_OF_NOBODY, response: REGISTRATION_OF_NOBODY, name: 'Laptop' }),
  'credentials.renamePasskey': () => ({ name: 'Renamed' }),
  'credentials.confirmTotp': () => ({ challenge: TOKEN_OF_NOBODY, code: '000000' }),
  'credentials.setPassword': () => ({ password: PASSWORD_OF_NOBODY }),
  'credentials.changeEmail': () => ({ email: 'moved@example.com' }),
  'credentials.confirmEmail': () => ({ token: TOKEN_OF_NOBODY }),
  'auth.token': () => ({}),
  'auth.rename': () => ({ name: 'Renamed' }),
  'auth.changePassword': () => ({ current: PASSWORD_OF_NOBODY, password: PASSWORD_OF_NOBODY }),
  'auth.requestReset': () => ({ email: 'nobody@example.com' }),
  'auth.completeReset': () => ({ token: TOKEN_OF_NOBODY, password: PASSWORD_OF_NOBODY }),
  'auth.verifyEmail': () => ({ token: TOKEN_OF_NOBODY }),
  'auth.describeInvitation': () => ({ invitation: TOKEN_OF_NOBODY }),
  'auth.acceptInvitation': () => ({ invitation: TOKEN_OF_NOBODY }),
  'wallets.challenge': () => WALLET_OF_NOBODY,
  'wallets.signIn': () => SIGNED_BY_NOBODY,
  'wallets.linkChallenge': () => WALLET_OF_NOBODY,
  'wallets.link': () => SIGNED_BY_NOBODY,
  'organizations.rename': () => ({ name: 'Renamed' }),
  'organizations.invite': () => ({ email: 'guest@example.com', role: 'tier4' }),
  'organizations.createWorkspace': () => ({ name: 'Third' }),
  'organizations.renameWorkspace': () => ({ name: 'Renamed' }),
  'organizations.inviteMany': () => ({ emails: ['first@example.com', 'second@example.com'], role: 'tier4' }),
  'organizations.setWorkspaceAccess': () => ({ open: true, entries: [], revision: 0 }),
  'organizations.create': () => ({ name: 'Another' }),
  'organizations.transfer': () => ({ member: USER_OF_NOWHERE, role: 'tier1' }),
  'organizations.delete': () => ({ name: 'Another name' }),
  'members.create': () => ({ email: 'made@example.com', name: 'Made', role: 'tier4' }),
  'members.change': () => ({ role: 'tier3' }),
  'groups.create': () => ({ name: 'Second' }),
  'groups.change': () => ({ name: 'Renamed', role: 'tier3' }),
  'groups.addMembers': ({ member }) => ({ users: [member] }),
  'agencies.offer': () => ({ role: 'tier4' }),
  'agencies.accept': () => ({ token: TOKEN_OF_NOBODY }),
  'agencies.assign': () => ({ role: 'tier3' }),
  'domains.add': () => ({ name: `d${++named}.test` }),
  'audit.changeSettings': () => ({ retentionDays: 365 }),
  'audit.addSink': () => ({ kind: 'webhook', name: 'Down', url: 'http://127.0.0.1:9/' }),
  'usage.setSpending': () => ({ rules: { organization: {}, member: {}, members: [], models: [] }, revision: 0 }),
  'policies.preview': () => NO_POLICIES,
  'policies.set': () => ({ policies: NO_POLICIES, revision: 0 }),
  'apiKeys.create': () => ({ name: 'second' }),
  'serviceAccounts.create': () => ({ name: 'Second', role: 'tier3' }),
  'serviceAccounts.change': () => ({ name: 'Renamed', role: 'tier2' }),
  'serviceAccounts.createKey': () => ({ name: 'second' }),
  'uploads.start': () => ({ name: 'b.txt', sizeBytes: 3 }),
  'uploads.putPart': () => new Blob(['abc']),
  'knowledge.create': () => ({ name: 'Second' }),
  'knowledge.rename': () => ({ name: 'Renamed' }),
  'knowledge.add': () => ({ source: 'paste', title: 'Canteen', text: 'The canteen opens at noon.' }),
  'knowledge.search': () => ({ text: 'leave' }),
  'bots.create': ({ knowledge }) => ({ name: 'Second', knowledgeBases: [knowledge] }),
  'bots.change': ({ knowledge, revision }) => ({ settings: { name: 'Help', knowledgeBases: [knowledge] }, revision: Number(revision) }),
  'bots.preview': () => ({ question: 'How many days of leave?' }),
  'bots.ask': ({ conversation, turn }) => ({ question: 'How many days of leave?', conversation, parent: turn }),
  'bots.publish': ({ revision }) => ({ revision: Number(revision) }),
  'bots.deploy': ({ slug }) => ({ enabled: true, slug }),
  'publicChat.ask': ({ visitTurn }) => ({ question: 'How many days of leave?', parent: visitTurn }),
  'publicChat.feedback': () => ({ vote: 'up' }),
  'models.discover': () => ({ url: 'http://127.0.0.1:9/v1' }),
  'models.add': () => ({ provider: 'openai-compatible', name: 'Second', url: 'http://203.0.113.1/v1', model: 'm' }),
  'models.change': () => ({ name: 'Renamed' }),
  'openai.chat': ({ bot }) => ({ model: bot, messages: [{ role: 'user', content: 'How many days of leave?' }] }),
  'sso.start': ({ connection }) => ({ connection }),
  'sso.complete': () => ({ challenge: TOKEN_OF_NOBODY }),
  'sso.signIn': ({ connection }) => ({ connection, name: 'nobody', password: PASSWORD_OF_NOBODY }),
  'sso.exchange': ({ connection }) => ({ connection, token: 'a.b.c' }),
  'sso.create': () => ({ kind: 'oidc', name: 'Second', settings: { issuer: 'https://idp.invalid', clientId: 'x' } }),
  'handOver.open': () => ({ token: TOKEN_OF_NOBODY }),
  'handOver.change': () => ({ protocol: { kind: 'oidc', secrets: { clientSecret: 'y' } } }),
  'handOver.test': () => ({}),
  'scim.createToken': () => ({ name: 'second' }),
  'sso.change': () => ({ name: 'Renamed' }),
  'sso.test': () => ({}),
  'sso.preview': () => ({ groups: ['staff'], provisioning: {} }),
  'openai.embeddings': () => ({ model: 'default', input: 'leave' }),
};

/** What endpoints of one feature mean by a name that has another meaning elsewhere. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  publicChat: { conversation: 'visit', turn: 'visitTurn' },
  openai: { model: 'bot' },
  scim: { token: 'scimToken' },
  agencies: { member: 'colleague' },
};

/** A parameter's value: an id of the world, or a constant such as a channel. */
export function idOf(endpoint: string, parameter: string, things: Things): string {
  const [feature = ''] = endpoint.split('.');
  return things[RENAMED[feature]?.[parameter] ?? parameter] ?? '';
}

/** The request of an endpoint. `path` replaces parameters; `body` replaces fields of the body. */
export function requestOf(
  [name, endpoint]: [string, Endpoint],
  things: Things,
  change: { path?: Things; body?: object; query?: string; headers?: Record<string, string> } = {},
): Request {
  const path = endpoint.path.replace(/:(\w+)/g, (_, parameter: string) => change.path?.[parameter] ?? idOf(name, parameter, things));
  const body = BODIES[name]?.(things);
  const headers = new Headers(change.headers ?? (name.startsWith('publicChat.') ? { authorization: things.visitor ?? '' } : {}));
  const content = body instanceof Blob ? body : JSON.stringify({ ...(body as object | undefined), ...change.body });
  const isSent = endpoint.body || endpoint.binary;
  return new Request(`http://privexbot.invalid${path}${change.query ?? ''}`, {
    method: endpoint.method,
    headers,
    ...(isSent ? { body: content } : {}),
  });
}

/** The enclave with two such organizations. */
export async function openWorlds(): Promise<{ enclave: Enclave; own: World; other: World }> {
  // The model's address belongs to nobody (RFC 5737): calls to it fail without leaving the machine for long.
  const enclave = await startEnclave({ settings: { PRIVEXBOT_PRIVATE_HOSTS: '203.0.113.1,127.0.0.1:9', PRIVEXBOT_DNS: '127.0.0.1:9' } });
  return { enclave, own: await buildWorld(enclave), other: await buildWorld(enclave) };
}

/** Parameters that name no thing. */
export const CONSTANTS = ['channel', 'part', 'number'];

/** The same organization and workspace with ids of things that are nowhere, so that a call that is let through changes nothing. */
export function nowhere([name, { path }]: [string, Endpoint], things: Things): Things {
  const ids = [...path.matchAll(/:(\w+)/g)]
    .map(([, parameter = '']) => parameter)
    .filter((parameter) => !['org', 'workspace', ...CONSTANTS].includes(parameter));
  const missing = ids.map((parameter) => [parameter, idOf(name, parameter, things).replace(/.{4}$/, '0000')]);
  return { ...things, ...Object.fromEntries(missing) };
}
