// How people come in: passkeys, invitations, directories with their rules, agencies. Each name, address and secret is a word of its own.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { OrgId } from '@privexbot/contract';
import { type Client, createClient } from '@privexbot/sdk';
import { createAuthenticator } from '@privexbot/testing/authenticator.ts';
import { sealedTransport } from '@privexbot/testing/sealed.ts';
import type { Server } from '@privexbot/testing/server.ts';
import type { Canaries } from './canaries.ts';

interface Gate {
  readonly server: Server;
  readonly canaries: Canaries;
  readonly client: Client;
  readonly org: OrgId;
}

const AUDIENCE = 'privexbot';

export async function letPeopleIn(gate: Gate): Promise<void> {
  await usePasskeys(gate);
  await inviteMany(gate);
  await connectDirectories(gate);
  await engageAgency(gate);
}

/** At the machine's name, since passkeys are made for names only. */
async function usePasskeys({ server, canaries }: Gate): Promise<void> {
  const of = (field: string) => canaries.of(field);
  const origin = server.url.replace('127.0.0.1', 'localhost');
  const client = createClient(sealedTransport(origin));
  const device = createAuthenticator(origin);
  const { challenge, options } = await client.credentials.startPasskeySignUp({ body: { name: of('name of somebody with a passkey') } });
  await client.credentials.signUpByPasskey({ body: { challenge, response: device.create(options) } });
  const second = createAuthenticator(origin);
  const start = await client.credentials.startRegistration();
  const name = of('name of a passkey');
  await client.credentials.addPasskey({ body: { challenge: start.challenge, name, response: second.create(start.options) } });
  const { passkeys } = await client.credentials.security();
  const added = passkeys.find((one) => one.name === name);
  if (!added) throw new Error('the passkey is not listed');
  await client.credentials.renamePasskey({ params: { credential: added.id }, body: { name: of('new name of a passkey') } });
}

async function inviteMany({ canaries, client, org }: Gate): Promise<void> {
  const addressOf = (field: string) => `${canaries.of(field)}@example.com`;
  const emails = [addressOf('e-mail of a waiting invitation'), addressOf('e-mail of a second invitation')];
  const { invited } = await client.organizations.inviteMany({ params: { org }, body: { emails, role: 'tier4' } });
  for (const [n, { link }] of invited.entries()) canaries.add(`token of a waiting invitation ${n}`, link.split('#')[1] ?? '');
  const email = addressOf('e-mail of a revoked invitation');
  const revoked = await client.organizations.invite({ params: { org }, body: { email, role: 'tier4' } });
  await client.organizations.revokeInvitation({ params: { org, invitation: revoked.id } });
  await client.members.list({ params: { org }, query: { search: canaries.of('search for a member') } });
  await client.organizations.delete({ params: { org }, body: { name: canaries.of('wrong name of an organization') } }).catch(expected);
}

/** A portal whose token is tried, with rules by groups; a SAML provider; an LDAP directory; a directory that sends people. */
async function connectDirectories({ server, canaries, client, org }: Gate): Promise<void> {
  const of = (field: string) => canaries.of(field);
  const params = { org };
  const rule = { group: of('group of a rule'), role: 'tier3' as const, workspaces: [] };
  const provisioning = { create: true, role: 'tier4' as const, groups: [rule] };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const set = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: of('key id of a portal'), alg: 'ES256', use: 'sig' }],
  });
  const issuer = `https://${of('issuer of a portal')}.invalid`;
  const settings = { issuer, audience: AUDIENCE, keys: { set } };
  const { id } = await client.sso.create({ params, body: { kind: 'jwt', name: of('portal'), settings, provisioning } });
  const at = { params: { ...params, connection: id } };
  const next = { ...provisioning, groups: [rule, { ...rule, group: of('group of a second rule') }] };
  await client.sso.change({ ...at, body: { provisioning: next } });
  await client.sso.preview({ params, body: { groups: [rule.group, of('group that is tried')], provisioning: next } });
  const now = Math.floor(Date.now() / 1_000);
  const claims = { email: `${of('e-mail in a claim')}@example.com`, name: of('name in a claim'), groups: [of('group in a claim')] };
  const token = signToken({ iss: issuer, aud: AUDIENCE, sub: of('subject in a claim'), iat: now, exp: now + 60, ...claims }, privateKey);
  canaries.add('token of a portal', token);
  const tested = await client.sso.test({ ...at, body: { token } });
  const check = 'attempt' in tested ? tested.attempt.checks.at(-1)?.name : '';
  if (check !== 'domain') throw new Error(`the token was refused by ${check}, and not for its domain that nobody has proven`);
  await server
    .client()
    .sso.exchange({ body: { connection: id, token } })
    .catch(expected);
  await client.sso.attempts(at);

  const { id: ldap } = await client.sso.create({ params, body: ldapOf(of) });
  const { link } = await client.handOver.create({ params: { ...params, connection: ldap } });
  const handed = link.split('#')[1] ?? '';
  canaries.add('link to set a connection up', handed);
  const it = server.client();
  await it.handOver.open({ body: { token: handed } });
  const { settings: by, secrets } = ldapOf((field) => of(`${field}, by the link`));
  await it.handOver.change({ params: { connection: ldap }, body: { protocol: { kind: 'ldap', settings: by, secrets } } });
  await it.handOver.read({ params: { connection: ldap } });
  const provider = { metadata: `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${of('SAML entity')}"/>` };
  await client.sso.create({ params, body: { kind: 'saml', name: of('SAML provider'), settings: { provider } } }).catch(expected);
  await server
    .client()
    .sso.signIn({ body: { connection: id, name: of('name at a directory'), password: of('password at a directory') } })
    .catch(expected);

  const made = await client.scim.createToken({ ...at, body: { name: of('plain SCIM token'), plain: true } });
  canaries.add('plain SCIM token itself', made.token);
  const person = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: `${of('SCIM user name')}@example.com`,
    externalId: of('SCIM external id'),
    displayName: of('SCIM display name'),
  };
  const headers = { authorization: `Bearer ${made.token}`, 'content-type': 'application/scim+json' };
  const send = async (path: string, body: object) =>
    (await fetch(`${server.url}/scim/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  const group = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: of('SCIM group'),
    externalId: of('id of a SCIM group'),
  };
  // Nobody has proven the domain of the person's address: the refusal is kept in the log of the connection.
  const statuses = [await send('Users', person), await send('Groups', group)];
  if (statuses.join() !== '400,201') throw new Error(`SCIM answered ${statuses}`);
  await client.scim.log(at);
}

function ldapOf(of: (field: string) => string) {
  const settings = {
    url: `ldaps://${of('host of a directory')}.invalid`,
    bindDn: `cn=${of('account of a directory')},dc=example`,
    baseDn: `ou=${of('base of a directory')},dc=example`,
  };
  return { kind: 'ldap', name: of('LDAP directory'), settings, secrets: { bindPassword: of('password of a directory') } } as const;
}

async function engageAgency({ server, canaries, client, org }: Gate): Promise<void> {
  const agency = server.client();
  const email = `${canaries.of('e-mail of an agency')}@example.com`;
  const body = { email, password: canaries.of('password of an agency'), organization: canaries.of('name of an agency') };
  const [own] = (await agency.auth.signUp({ body })).organizations;
  if (!own) throw new Error('the agency has no organization');
  const { link } = await client.agencies.offer({ params: { org }, body: { role: 'tier3' } });
  const token = link.split('#')[1] ?? '';
  canaries.add('token of an accepted agency', token);
  const { id } = await agency.agencies.accept({ params: { org: own.id }, body: { token } });
  const worker = await agency.members.create({
    params: { org: own.id },
    body: {
      email: `${canaries.of('e-mail of an agency’s person')}@example.com`,
      name: canaries.of('name of an agency’s person'),
      role: 'tier3',
    },
  });
  await agency.agencies.assign({ params: { org: own.id, client: id, member: worker.member.user }, body: { role: 'tier3' } });
  await client.agencies.list({ params: { org } });
}

/** Refusals are what some calls are for. */
function expected(): void {}

function signToken(claims: object, key: KeyObject): string {
  const signed = [{ alg: 'ES256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
