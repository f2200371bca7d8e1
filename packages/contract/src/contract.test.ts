import { expect, test } from 'vitest';
import * as z from 'zod';
import { contract } from './contract.ts';
import type { Access, Endpoint } from './endpoint.ts';
import { COMMON_FAILURES, ERRORS } from './errors.ts';
import { RATES } from './limits.ts';
import { renderOpenApi } from './openapi.ts';
import { PERMISSIONS, ROLES } from './permissions.ts';

const endpoints = Object.entries(contract).flatMap(([feature, all]) =>
  Object.entries(all).map(([name, endpoint]): [string, Endpoint] => [`${feature}.${name}`, endpoint]),
);

/** State changes that leave no entry of their own, and why. */
const WITHOUT_ENTRY: Record<string, string> = {
  'auth.proveDevice': 'nothing but the sealed session knows of it',
  'auth.describeInvitation': 'a look at what the link in hand is for; joining by it leaves the entry',
  'auth.token': 'a form of a session, whose start leaves one',
  'credentials.start': 'a question that depends on the domain alone',
  'credentials.startPasskey': 'a question; the sign-in that answers it leaves the entry',
  'credentials.startPasskeySignUp': 'a question; the account that answers it leaves the entry',
  'credentials.startSecondPasskey': 'a question; the sign-in that answers it leaves the entry',
  'credentials.startStepUp': 'a question; the proof that answers it leaves the entry',
  'credentials.startRegistration': 'a question; the passkey that answers it leaves the entry',
  'credentials.startTotp': 'a secret that counts for nothing until it is confirmed',
  'sso.start': 'a question; the sign-in that answers it leaves the entry',
  'sso.preview': 'nothing is stored',
  'uploads.putPart': 'a part of an upload whose start, and whose use, leave one each',
  'wallets.challenge': 'a question; the sign-in that answers it leaves the entry',
  'wallets.linkChallenge': 'a question; the link that answers it leaves the entry',
};

test('there are endpoints, and no two share method and path', () => {
  expect(endpoints.length).toBeGreaterThan(60);
  expect(new Set(endpoints.map(([, { method, path }]) => `${method} ${path.replace(/:\w+/g, ':')}`)).size).toBe(endpoints.length);
});

test.each(endpoints)('%s names its parameters once in path and schema', (_, { path, params }) => {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect(Object.keys(params?.shape ?? {}).sort()).toEqual(inPath.sort());
});

test.each(endpoints)('%s says who may call, how often, and how it may fail', (_, { access, rate, failures, params, summary }) => {
  const known: readonly Access[] = ['public', 'account', ...(Object.keys(PERMISSIONS) as Access[])];
  expect(known).toContain(access);
  expect(Object.keys(RATES)).toContain(rate);
  expect(summary).toMatch(/^[A-Z].*[^.]$/);
  for (const code of failures) expect(Object.keys(ERRORS)).toContain(code);
  expect(new Set(failures).size).toBe(failures.length);
  expect(failures.filter((code) => (COMMON_FAILURES as readonly string[]).includes(code))).toEqual([]);
  if (params) expect(failures).toContain('not_found');
  const permission = Object.entries(PERMISSIONS).find(([name]) => name === access)?.[1];
  if (permission && permission.roles.length < ROLES.length) expect(failures).toContain('not_allowed');
});

test.each(endpoints)('%s leaves an audit entry where it changes state', (name, { method, audit }) => {
  if (audit !== null) expect(audit).toMatch(/^[a-z]+\.[a-z_]+$/);
  else if (method !== 'GET') expect(Object.keys(WITHOUT_ENTRY)).toContain(name);
});

test.each(endpoints)('%s takes and gives only what JSON Schema can say', (_, { params, query, body, response, events }) => {
  for (const schema of [params, query, body]) if (schema) z.toJSONSchema(schema, { io: 'input', unrepresentable: 'throw' });
  for (const schema of [response, events]) if (schema) z.toJSONSchema(schema, { io: 'output', unrepresentable: 'throw' });
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly security?: readonly object[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
const rendered = renderOpenApi() as { paths: Record<string, Record<string, Operation>> };

test('the OpenAPI document has one operation per endpoint', () => {
  const operations = Object.values(rendered.paths).flatMap((methods) => Object.values(methods));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(endpoints.map(([name]) => name).sort());
});

test.each(endpoints)('%s is rendered to OpenAPI without loss', (name, endpoint) => {
  const operation = rendered.paths[endpoint.path.replace(/:(\w+)/g, '{$1}')]?.[endpoint.method.toLowerCase()];
  if (!operation) throw new Error(`${name} is not in the document`);
  const fields = (place: string) => operation.parameters.filter((one) => one.in === place).map((one) => one.name);
  expect(fields('path').sort()).toEqual(Object.keys(endpoint.params?.shape ?? {}).sort());
  expect(fields('query').sort()).toEqual(Object.keys(endpoint.query?.shape ?? {}).sort());
  for (const { schema } of operation.parameters) expect(Object.keys(schema)).not.toEqual([]);
  expect(Boolean(operation.requestBody)).toBe(Boolean(endpoint.body ?? endpoint.binary));
  for (const { schema } of Object.values(operation.requestBody?.content ?? {})) expect(Object.keys(schema)).not.toEqual([]);
  const success = endpoint.response || endpoint.events || endpoint.download ? '200' : '204';
  expect(Object.keys(operation.responses)).toContain(success);
  const statuses = [...endpoint.failures, ...COMMON_FAILURES].map((code) => String(ERRORS[code].status));
  expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
  if (endpoint.access === 'public') expect(operation.security).toBeUndefined();
  else {
    expect(operation.security).not.toEqual([]);
    expect(Object.keys(operation.responses)).toContain('401');
  }
});

test('only an API key is offered where nothing in the path names an organization', () => {
  expect(rendered.paths['/openai/v1/models']?.get?.security).toEqual([{ apiKey: [] }]);
  expect(rendered.paths['/v1/organization']?.get?.security).toEqual([{ apiKey: [] }]);
  expect(rendered.paths['/v1/organizations/{org}']?.get?.security).toEqual([{ session: [] }, { apiKey: [] }]);
  expect(rendered.paths['/v1/auth/me']?.get?.security).toEqual([{ session: [] }]);
});
