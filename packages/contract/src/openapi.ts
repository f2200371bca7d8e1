import * as z from 'zod';
import { contract } from './contract.ts';
import type { Endpoint } from './endpoint.ts';
import type { ErrorCode } from './error-codes.ts';
import { COMMON_FAILURES, ERRORS, ErrorBody } from './errors.ts';

/** What `already_received` goes by. */
const IDEMPOTENCY_KEY = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[!-~]+$' },
};

/** The contract as an OpenAPI 3.1 document. */
export function renderOpenApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [feature, endpoints] of Object.entries(contract))
    for (const [name, endpoint] of Object.entries(endpoints) as [string, Endpoint][]) {
      const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
      paths[path] ??= {};
      paths[path][endpoint.method.toLowerCase()] = operation(feature, name, endpoint);
    }
  return {
    openapi: '3.1.0',
    info: {
      title: 'PrivexBot',
      version: '1',
      description: 'A company’s own confidential AI environment.',
      license: { name: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: { Error: toSchema(ErrorBody, 'output') },
      securitySchemes: {
        session: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of auth.token, or nothing at all, in a sealed session in which auth.proveDevice was called',
        },
        apiKey: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operation(feature: string, name: string, endpoint: Endpoint): object {
  const { access } = endpoint;
  return {
    operationId: `${feature}.${name}`,
    tags: [feature],
    summary: endpoint.summary,
    'x-access': access,
    'x-rate': endpoint.rate,
    ...(endpoint.plain ? { 'x-plain': true } : {}),
    ...(endpoint.fresh ? { 'x-fresh': endpoint.fresh } : {}),
    ...(endpoint.audit ? { 'x-audit': endpoint.audit } : {}),
    ...(access === 'public' ? {} : { security: credentials(endpoint) }),
    parameters: [
      ...parameters(endpoint.params, 'path'),
      ...parameters(endpoint.query, 'query'),
      ...(endpoint.method === 'GET' ? [] : [IDEMPOTENCY_KEY]),
    ],
    ...requestBody(endpoint),
    responses: { ...success(endpoint), ...failures(endpoint) },
  };
}

/** An API key knows its organization; a session does only where the path names it. */
function credentials({ access, fresh, path }: Endpoint): object[] {
  if (access === 'account' || fresh === 'person') return [{ session: [] }];
  return path.includes('/:org') ? [{ session: [] }, { apiKey: [] }] : [{ apiKey: [] }];
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): object[] {
  const { properties = {}, required = [] } = (schema ? toSchema(schema, 'input') : {}) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: value,
  }));
}

function requestBody({ body, binary }: Endpoint): object {
  if (binary)
    return {
      requestBody: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary', maxLength: binary.maxBytes } } },
      },
    };
  return body ? { requestBody: { required: true, content: { 'application/json': { schema: toSchema(body, 'input') } } } } : {};
}

function success({ response, events, download }: Endpoint): object {
  if (events) return { 200: { description: 'Events', content: { 'text/event-stream': { schema: toSchema(events, 'output') } } } };
  if (download) return { 200: { description: 'OK' } };
  return response
    ? { 200: { description: 'OK', content: { 'application/json': { schema: toSchema(response, 'output') } } } }
    : { 204: { description: 'Done' } };
}

function failures({ access, method, plain, fresh, failures: own }: Endpoint): Record<number, object> {
  const isOpen = access === 'public';
  const atTheDoor: ErrorCode[] = [
    ...(isOpen ? [] : (['not_signed_in'] as const)),
    ...(plain && isOpen ? [] : (['sealed_only'] as const)),
    ...(plain || isOpen || access === 'account' ? [] : (['plain_key'] as const)),
    ...(method === 'GET' ? [] : (['already_received'] as const)),
    ...(fresh ? (['step_up_required'] as const) : []),
    ...(fresh === 'person' ? (['person_required'] as const) : []),
  ];
  const byStatus = Map.groupBy<number, ErrorCode>([...own, ...atTheDoor, ...COMMON_FAILURES], (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { description: [...new Set(codes)].join(', '), content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    ]),
  );
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rendered } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as { $schema?: string };
  return rendered;
}
